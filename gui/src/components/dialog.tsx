import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{ title: string; onClose: () => void; children: ComponentChildren }>;

/** A question in front of everything else. The browser keeps the focus in it and closes it with Escape. */
export function Dialog({ title, onClose, children }: Props) {
  const { t } = useWords();
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    element.current?.showModal();
  }, []);

  return (
    <dialog
      class="dialog"
      ref={element}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="round-button" aria-label={t('app.close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
