import { useState } from 'preact/hooks';
import type { ApiAskedDeletions, ApiContact } from '../../../daemon/wire/gui-api.ts';
import type { ContactPatch } from '../api.ts';
import { periodChoices } from '../text/deletion.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { PeriodSetting } from './period-setting.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  /** What became of requests to delete at the other side. */
  asked: ApiAskedDeletions | undefined;
  now: number;
  onPatch: (patch: ContactPatch) => void;
  onClear: () => void;
}>;

/** How long the conversation is kept here, what was deleted by whom, and the way to delete all of it. */
export function ContactKeeping({ contact, name, asked, now, onPatch, onClear }: Props) {
  const words = useWords();
  const { t } = words;
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <h3 class="section-title">{t('retention.title')}</h3>
      <PeriodSetting
        label={t('retention.label')}
        hint={t('retention.hint', { name })}
        value={contact.retention}
        choices={[
          { value: 'default', label: t('retention.periods.default') },
          ...periodChoices(words),
        ]}
        onChange={(retention) => onPatch({ retention })}
      />
      <DeletionFacts {...{ contact, name, asked, now }} />
      <div class="actions">
        <button type="button" class="button button-danger-quiet" onClick={() => setAsking(true)}>
          {t('deletion.clear')}
        </button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t('deletion.clearTitle', { name })}
          hint={t('deletion.clearHint', { name })}
          yes={t('deletion.clearYes')}
          no={t('contact.cancel')}
          onYes={onClear}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function DeletionFacts({
  contact,
  name,
  asked = { waiting: 0, deleted: 0, kept: 0 },
  now,
}: Pick<Props, 'contact' | 'name' | 'asked' | 'now'>) {
  const { t, time } = useWords();
  const { taken_back: takenBack } = contact.other_info;
  const facts = (['waiting', 'deleted', 'kept'] as const).flatMap((kind) =>
    asked[kind] === 0 ? [] : [t(`deletion.asked.${kind}`, { count: asked[kind], name })],
  );
  const when = takenBack === null ? '' : time.ago(Date.parse(takenBack.at), now);
  if (facts.length === 0 && takenBack === null) return null;
  return (
    <ul class="deletion-facts hint">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
      {takenBack !== null && (
        <li>{t('deletion.takenBack', { count: takenBack.messages, name, when })}</li>
      )}
    </ul>
  );
}
