import type { ApiAskedDeletions, ApiContact, ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import type { ContactPatch } from '../api.ts';
import { addressLink } from '../text/address.ts';
import type { NameOf } from '../text/message.ts';
import { presenceText } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { ContactAddress } from './contact-address.tsx';
import { ContactConnection } from './contact-connection.tsx';
import { ContactFarewell } from './contact-farewell.tsx';
import { ContactKeeping } from './contact-keeping.tsx';
import { ContactRelaying } from './contact-relaying.tsx';
import { ContactRooms } from './contact-rooms.tsx';
import { ContactSharing } from './contact-sharing.tsx';
import { ContactTrust, type TrustActions } from './contact-trust.tsx';
import { NickForm } from './nick-form.tsx';
import { RelayLedger } from './relay-ledger.tsx';
import { Switch } from './switch.tsx';

export type ContactActions = Readonly<{
  /** @returns Whether it was kept. */
  onPatch: (patch: ContactPatch) => Promise<boolean>;
  onBlock: (isBlocked: boolean) => void;
  onRemove: (withHistory: boolean) => void;
  /** Deletes the whole conversation here. */
  onClear: () => void;
  onDropRelay: (entry: ApiRelayEntry) => void;
  /** @returns Whether the invitation is on its way. */
  onInvite: (room: string) => Promise<boolean>;
  trust: TrustActions;
}>;

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  /** What we carry from and to this contact. */
  carried: readonly ApiRelayEntry[];
  /** Messages of the contact that have not come. */
  missing: number;
  /** What became of requests to delete at the other side. */
  asked: ApiAskedDeletions | undefined;
  /** Rooms to which the contact can be invited. */
  rooms: readonly ApiRoom[];
  /** Fingerprint of our own identity. */
  own: string | undefined;
  now: number;
  nameOf: NameOf;
  actions: ContactActions;
}>;

/** All about a contact, and all that can be decided about it. */
export function ContactDetails(props: Props) {
  const { contact, name, carried, missing, asked, rooms, own, now, nameOf, actions } = props;
  const words = useWords();
  const { t, time } = words;
  const { onPatch } = actions;
  const since = Date.parse(contact.other_info.since);
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
      <ContactAddress
        address={contact.address}
        link={addressLink(contact.address, contact.fingerprint)}
      />

      <ContactTrust {...{ contact, name, own, now }} actions={actions.trust} />

      <h3 class="section-title">{t('contact.name')}</h3>
      <NickForm
        nick={contact.nick}
        label={t('contact.name')}
        isOptional
        onSave={(nick) => onPatch({ nick })}
      />

      {contact.state === 'established' && (
        <ContactRooms name={name} rooms={rooms} onInvite={actions.onInvite} />
      )}
      <ContactRelaying contact={contact} name={name} onPatch={patch} />
      {carried.length > 0 && (
        <>
          <h3 class="section-title">{t('contact.carrying')}</h3>
          <RelayLedger entries={carried} now={now} nameOf={nameOf} onDrop={actions.onDropRelay} />
        </>
      )}

      <ContactSharing contact={contact} name={name} onPatch={patch} />

      <ContactConnection contact={contact} missing={missing} now={now} />

      <ContactKeeping
        {...{ contact, name, asked, now }}
        onPatch={patch}
        onClear={actions.onClear}
      />

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
