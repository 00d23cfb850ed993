import { useState } from 'preact/hooks';
import type { ApiContact, ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { protectionOf, transitText, trustMeaning } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Fingerprint } from './fingerprint.tsx';
import { Icon, PROTECTION_ICONS } from './icon.tsx';
import { IdentityChanged } from './identity-change.tsx';
import { ContactRekeyed } from './new-key.tsx';
import { RefusedPlain } from './refused-plain.tsx';
import { SafetyNumberDialog } from './safety-number-dialog.tsx';

export type TrustActions = Readonly<{
  /**
   * @param of `candidate`: with whoever came in the contact's place.
   * @throws {ApiError}
   */
  loadSafetyNumber: (of: 'contact' | 'candidate') => Promise<ApiSafetyNumber>;
  /** @returns Whether it was kept. */
  onVerify: (fingerprint: string) => Promise<boolean>;
  onUnverify: () => Promise<boolean>;
  onAcceptChange: () => void;
  onDismissChange: () => void;
  onGoPlain: () => void;
}>;

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  own: string | undefined;
  now: number;
  actions: TrustActions;
}>;

/** Who this is, as far as we know: what protects the conversation, what proves it, what has changed. */
export function ContactTrust({ contact, name, own, now, actions }: Props) {
  const words = useWords();
  const { t } = words;
  const [isComparing, compare] = useState(false);
  const { fingerprint, other_info: info } = contact;
  const protection = protectionOf(contact);
  const isSealed = contact.trust !== 'plain' && contact.trust !== 'undecided';
  return (
    <>
      <h3 class="section-title">{t('contact.trust')}</h3>
      <IdentityChanged
        {...{ contact, name, own, now }}
        loadNumber={() => actions.loadSafetyNumber('candidate')}
        onAccept={actions.onAcceptChange}
        onDismiss={actions.onDismissChange}
      />
      {protection !== 'changed' && (
        <div class={`trust-note is-${protection}`}>
          <Icon name={PROTECTION_ICONS[protection]} />
          <p>
            <b>{t(`trust.${protection}`)}.</b> {t(trustMeaning(contact), { name })}
            {protection === 'plain' && ` ${t('trust.now', { how: transitText(contact, words) })}`}
            {protection === 'plain' && contact.relay_plain && ` ${t('trust.relayPlain', { name })}`}
          </p>
        </div>
      )}
      <ContactRekeyed {...{ contact, name, now }} />
      {info.refused_plain > 0 && (
        <RefusedPlain count={info.refused_plain} name={name} onGoPlain={actions.onGoPlain} />
      )}
      {isSealed && fingerprint !== null && (
        <>
          <button
            type="button"
            class={contact.verified ? 'button compare-button' : 'button button-go compare-button'}
            onClick={() => compare(true)}
          >
            {t(contact.verified ? 'compare.again' : 'compare.open')}
          </button>
          <h4 class="label">{t('contact.fingerprint', { name })}</h4>
          <Fingerprint text={fingerprint} />
        </>
      )}
      <h4 class="label">{t('contact.addressProves')}</h4>
      <p class="hint">{t(`contact.proves.${info.address_proves}`)}</p>
      {isComparing && (
        <SafetyNumberDialog
          name={name}
          isVerified={contact.verified}
          load={() => actions.loadSafetyNumber('contact')}
          onVerify={actions.onVerify}
          onUnverify={actions.onUnverify}
          onClose={() => compare(false)}
        />
      )}
    </>
  );
}
