import { useState } from 'preact/hooks';
import type { ApiContact, ApiMe } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{ rekey: ApiMe['rekey']; onRekey: () => void }>;

/** The owner's way to another identity, for when somebody may know the present one's secret. */
export function NewKey({ rekey, onRekey }: Props) {
  const { t } = useWords();
  const [isAsking, ask] = useState(false);
  return (
    <section class="card">
      <h2>{t('newKey.title')}</h2>
      <p class="hint">{t('newKey.purpose')}</p>
      {rekey !== null && <p role="status">{t('newKey.underWay', { count: rekey.waiting })}</p>}
      <div class="actions">
        <button
          type="button"
          class="button button-danger-quiet"
          disabled={rekey !== null}
          onClick={() => ask(true)}
        >
          {t('newKey.make')}
        </button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t('newKey.question')}
          hint={t('newKey.means')}
          yes={t('newKey.make')}
          no={t('newKey.keep')}
          onYes={onRekey}
          onClose={() => ask(false)}
        />
      )}
    </section>
  );
}

type NoteProps = Readonly<{ contact: ApiContact; name: string; now: number }>;

/** A contact came to another identity, signed by the one before; gone once the owner has compared it. */
export function ContactRekeyed({ contact, name, now }: NoteProps) {
  const { t, time } = useWords();
  const { rekeyed } = contact.other_info;
  if (rekeyed === null || contact.verified) return null;
  return (
    <div class="trust-note is-encrypted" role="note">
      <p>{t('newKey.contact', { name, when: time.moment(Date.parse(rekeyed), now) })}</p>
    </div>
  );
}
