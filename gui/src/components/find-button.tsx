import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  /** What it does while nothing is being looked for. */
  label: string;
  /** Something is being looked for in the conversation or room. */
  isFinding: boolean;
  onFind: () => void;
}>;

/** Opens and closes the search in what is shown. */
export function FindButton({ label, isFinding, onFind }: Props) {
  const { t } = useWords();
  return (
    <button
      type="button"
      class="round-button"
      aria-label={isFinding ? t('search.close') : label}
      aria-expanded={isFinding}
      onClick={onFind}
    >
      <Icon name="search" />
    </button>
  );
}
