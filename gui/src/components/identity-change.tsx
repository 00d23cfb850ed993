import { useState } from 'preact/hooks';
import type { ApiContact, ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { changeOf, isHeld, type IdentityChange } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { NewIdentity } from './new-identity.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  /** Fingerprint of our own identity. */
  own: string | undefined;
  now: number;
  /**
   * The safety number with whoever came.
   *
   * @throws {ApiError}
   */
  loadNumber: () => Promise<ApiSafetyNumber>;
  onAccept: () => void;
  onDismiss: () => void;
}>;

/** Somebody came in the contact's place: what happened, what it may mean, and the two ways to decide (E4). */
export function IdentityChanged(props: Props) {
  const { contact, name, own, now, loadNumber, onAccept, onDismiss } = props;
  const { t, time } = useWords();
  const [isAsking, ask] = useState(false);
  const change = changeOf(contact);
  const { candidate } = contact.other_info;
  if (change === undefined || candidate === null) return null;
  return (
    <>
      <section class="trust-note is-alarm identity-change">
        <h4>{t(`change.title.${change}`, { name })}</h4>
        <p>
          {t(`change.what.${change}`, { name, when: time.moment(Date.parse(candidate.at), now) })}
        </p>
        {isHeld(contact) && <p>{t('change.held', { name })}</p>}
        <p>{t('change.ask', { name })}</p>
        {candidate.fingerprint !== null && (
          <NewIdentity {...{ name, own, loadNumber }} fingerprint={candidate.fingerprint} />
        )}
        <dl class="consequences">
          <div>
            <dt>{t('change.accept')}</dt>
            <dd>{t(`change.acceptMeans.${change}`, { name })}</dd>
          </div>
          <div>
            <dt>{t('change.dismiss')}</dt>
            <dd>{t('change.dismissMeans')}</dd>
          </div>
        </dl>
        <div class="actions">
          <button type="button" class="button" onClick={() => ask(true)}>
            {t('change.accept')}
          </button>
          <button type="button" class="button button-go" onClick={onDismiss}>
            {t('change.dismiss')}
          </button>
        </div>
      </section>
      {isAsking && (
        <AcceptDialog
          change={change}
          name={name}
          isVerified={contact.verified}
          onYes={onAccept}
          onClose={() => ask(false)}
        />
      )}
    </>
  );
}

type DialogProps = Readonly<{
  change: IdentityChange;
  name: string;
  isVerified: boolean;
  onYes: () => void;
  onClose: () => void;
}>;

/** Once more; who compared the former identity also writes down what it means to let go of it. */
function AcceptDialog({ change, name, isVerified, onYes, onClose }: DialogProps) {
  const { t } = useWords();
  const means = t(`change.acceptMeans.${change}`, { name });
  return (
    <ConfirmDialog
      title={t('change.sure', { name })}
      hint={isVerified ? `${t('change.wasVerified', { name })} ${means}` : means}
      yes={t('change.accept')}
      no={t('change.dismissLater')}
      phrase={
        isVerified
          ? t(change === 'unencrypted' ? 'change.phrasePlain' : 'change.phrase')
          : undefined
      }
      onYes={onYes}
      onClose={onClose}
    />
  );
}
