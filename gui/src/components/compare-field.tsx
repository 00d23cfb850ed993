import { useId, useState } from 'preact/hooks';
import type { ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { compareShown, type Comparison } from '../text/compare.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  name: string;
  label: string;
  /** What we know; without groups digits cannot be compared. */
  known: ApiSafetyNumber;
  onCompared: (comparison: Comparison) => void;
}>;

const LOOKS: Readonly<Record<Comparison, string>> = {
  empty: 'verdict',
  partial: 'verdict',
  unknown: 'verdict',
  same: 'verdict verdict-good',
  different: 'verdict verdict-bad',
};

/** Takes what the other's screen shows, and says while one types whether it is the same. */
export function CompareField({ name, label, known, onCompared }: Props) {
  const { t } = useWords();
  const id = useId();
  const [typed, setTyped] = useState('');
  const comparison = compareShown(typed, known);
  return (
    <>
      <label class="label" for={id}>
        {label}
      </label>
      <input
        class="field field-address"
        id={id}
        value={typed}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={comparison === 'different'}
        aria-describedby={`${id}-verdict`}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          onCompared(compareShown(event.currentTarget.value, known));
        }}
      />
      <p class={LOOKS[comparison]} id={`${id}-verdict`} role="status">
        {comparison === 'same' && '✓ '}
        {comparison !== 'empty' && t(`compare.verdict.${comparison}`, { name })}
      </p>
    </>
  );
}
