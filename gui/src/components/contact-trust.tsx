import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { trustOf } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  now: number;
  onAcceptKey: () => void;
  onDismissKey: () => void;
}>;

/** What protects the conversation and what does not, and a loud word when the other end seems changed. */
export function ContactTrust({ contact, name, now, onAcceptKey, onDismissKey }: Props) {
  const { t, time } = useWords();
  const newKeyAt = contact.other_info.candidate?.at ?? null;
  const trust = trustOf(contact);
  return (
    <>
      <h3 class="section-title">{t('contact.trust')}</h3>
      <p class={trust.isSealed ? 'trust-note' : 'trust-note is-plain'}>
        <b>{t(trust.word)}.</b> {t(trust.means)}
        {contact.relay_plain && !trust.isSealed && ` ${t('trust.relayPlain', { name })}`}
      </p>
      {newKeyAt !== null && (
        <div class="trust-note is-alarm" role="alert">
          {t('contact.newKey', { when: time.moment(Date.parse(newKeyAt), now), name })}
          <div class="actions">
            <button type="button" class="button button-go" onClick={onAcceptKey}>
              {t('contact.acceptKey')}
            </button>
            <button type="button" class="button" onClick={onDismissKey}>
              {t('contact.dismissKey')}
            </button>
          </div>
        </div>
      )}
    </>
  );
}
