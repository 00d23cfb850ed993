import { OWN_STATUSES, type OwnStatus } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{ status: OwnStatus; onChange: (status: OwnStatus) => void }>;

/** What friends are told of the owner: one colour, a word, and a list that opens. */
export function OwnStatus({ status, onChange }: Props) {
  const { t } = useWords();
  return (
    <span class="own-status">
      <span class={`dot dot-${status}`} aria-hidden="true" />
      <select
        class="own-status-field"
        value={status}
        aria-label={t('status.label')}
        title={t(`status.hint.${status}`)}
        onChange={(event) => {
          const chosen = OWN_STATUSES.find((one) => one === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {OWN_STATUSES.map((one) => (
          <option key={one} value={one}>
            {t(`status.${one}`)}
          </option>
        ))}
      </select>
    </span>
  );
}
