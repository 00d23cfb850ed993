import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{ text: string; label: string; isMain?: boolean }>;

/** Copies a text, and says whether that worked. */
export function CopyButton({ text, label, isMain = false }: Props) {
  const { t } = useWords();
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const words = state === 'idle' ? label : t(state === 'copied' ? 'own.copied' : 'own.copyFailed');
  return (
    <button
      type="button"
      class={isMain ? 'button button-go' : 'button'}
      onClick={() => void copyText(text).then((done) => setState(done ? 'copied' : 'failed'))}
      onBlur={() => setState('idle')}
    >
      <span aria-live="polite">{words}</span>
    </button>
  );
}

/** Puts a text into the clipboard; `false` where browsers do not allow it, e.g. without a secure context. */
async function copyText(text: string): Promise<boolean> {
  if (!window.isSecureContext) return false;
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}
