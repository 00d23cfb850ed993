import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact, ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { ContactPatch } from '../api.ts';
import { addressLink } from '../text/address.ts';
import type { NameOf } from '../text/message.ts';
import { presenceText, trustOf } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { ContactAddress } from './contact-address.tsx';
import { ContactConnection } from './contact-connection.tsx';
import { ContactFarewell } from './contact-farewell.tsx';
import { NickForm } from './nick-form.tsx';
import { RelayLedger } from './relay-ledger.tsx';
import { Switch } from './switch.tsx';

export type ContactActions = Readonly<{
  /** @returns Whether it was kept. */
  onPatch: (patch: ContactPatch) => Promise<boolean>;
  onBlock: (isBlocked: boolean) => void;
  onRemove: (withHistory: boolean) => void;
  onDropRelay: (from: Address) => void;
}>;

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  /** What we carry from and to this contact. */
  carried: readonly ApiRelayEntry[];
  now: number;
  nameOf: NameOf;
  actions: ContactActions;
}>;

/** All about a contact, and all that can be decided about it. */
export function ContactDetails({ contact, name, carried, now, nameOf, actions }: Props) {
  const words = useWords();
  const { t, time } = words;
  const { onPatch } = actions;
  const since = Date.parse(contact.other_info.since);
  const newKeyAt = contact.other_info.new_key_at;
  const trust = trustOf(contact);
  const patch = (change: ContactPatch) => void onPatch(change);
  return (
    <div class="details">
      <div class="details-face">
        <Avatar name={name} address={contact.address} size="large" />
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <p class="hint">
          {contact.state === 'requested'
            ? t('contact.asked', { when: time.moment(since, now) })
            : t('contact.since', { when: time.month(since) })}
        </p>
        <p class="hint">{presenceText(contact, words, now)}</p>
      </div>
      <ContactAddress address={contact.address} link={addressLink(contact.address)} />

      <h3 class="section-title">{t('contact.name')}</h3>
      <NickForm
        nick={contact.nick}
        label={t('contact.name')}
        isOptional
        onSave={(nick) => onPatch({ nick })}
      />

      <h3 class="section-title">{t('contact.trust')}</h3>
      <p class={trust.isSealed ? 'trust-note' : 'trust-note is-plain'}>
        <b>{t(trust.word)}.</b> {t(trust.means)}
      </p>
      {newKeyAt !== null && (
        <p class="trust-note is-alarm" role="alert">
          {t('contact.newKey', { when: time.moment(Date.parse(newKeyAt), now), name })}
        </p>
      )}

      <h3 class="section-title">{t('contact.relaying')}</h3>
      <Switch
        label={t('contact.canResend')}
        hint={t('contact.canResendHint', { name })}
        isOn={contact.can_resend === 1}
        onChange={(isOn) => patch({ can_resend: isOn ? 1 : 0 })}
      />
      <Switch
        label={t('contact.relayFor')}
        hint={t('contact.relayForHint', { name })}
        isOn={contact.relay_for}
        onChange={(relay_for) => patch({ relay_for })}
      />
      <Switch
        label={t('contact.relayPlain')}
        hint={t('contact.relayPlainHint', { name })}
        isOn={contact.relay_plain}
        onChange={(relay_plain) => patch({ relay_plain })}
      />
      {carried.length > 0 && (
        <>
          <h3 class="section-title">{t('contact.carrying')}</h3>
          <RelayLedger entries={carried} now={now} nameOf={nameOf} onDrop={actions.onDropRelay} />
        </>
      )}

      <ContactConnection contact={contact} now={now} />

      <h3 class="section-title">{t('contact.quiet')}</h3>
      <Switch
        label={t('contact.mute')}
        hint={t('contact.muteHint')}
        isOn={contact.muted}
        onChange={(muted) => patch({ muted })}
      />
      <ContactFarewell
        name={name}
        isBlocked={contact.blocked}
        onBlock={actions.onBlock}
        onRemove={actions.onRemove}
      />
    </div>
  );
}
