/** The encrypted half of the domain: identity, sessions, and all that moves between two daemons that have both. */
import type { Dh } from './crypto/dh.ts';
import { AddressMoves } from './domain/address-moves.ts';
import { Channels } from './domain/channels.ts';
import type { ContactRequests } from './domain/contact-requests.ts';
import type { Contacts } from './domain/contacts.ts';
import { Controls } from './domain/controls.ts';
import { DeletionRequests } from './domain/deletion-requests.ts';
import { Envelopes } from './domain/envelopes.ts';
import type { DomainEvents } from './domain/events.ts';
import { Gaps } from './domain/gaps.ts';
import { Handshakes } from './domain/handshakes.ts';
import { Heard } from './domain/heard.ts';
import { Inbox } from './domain/inbox.ts';
import type { Contact } from './domain/model.ts';
import type { Invitations } from './domain/invitations.ts';
import { Outbox } from './domain/outbox.ts';
import type { OwnIdentities } from './domain/own-identities.ts';
import { OutgoingHandshakes } from './domain/outgoing-handshakes.ts';
import { PeerDeletions } from './domain/peer-deletions.ts';
import { Pinning } from './domain/pinning.ts';
import { Pins } from './domain/pins.ts';
import type {
  Clock,
  DeletionStore,
  MessageStore,
  OwnAddresses,
  Random,
  SessionStore,
} from './domain/ports.ts';
import { ReadReceipts } from './domain/read-receipts.ts';
import type { PresenceBook } from './domain/presence.ts';
import { Rekeying } from './domain/rekeying.ts';
import { SealedInbox } from './domain/sealed-inbox.ts';
import { SessionAttempts } from './domain/session-attempts.ts';
import { OwnPresence } from './domain/own-presence.ts';
import { Withdrawals } from './domain/withdrawals.ts';
import type { ShownPresence } from './wire/dr1-inner.ts';

/** Who we are, and what computes with it. */
export type OwnKeys = Readonly<{ identities: OwnIdentities; dh: Dh }>;

type Options = Readonly<{
  keys: OwnKeys;
  sessions: SessionStore;
  deletionStore: DeletionStore;
  messages: MessageStore;
  contacts: Contacts;
  requests: ContactRequests;
  outbox: Outbox;
  invitations: Invitations;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  own: OwnAddresses;
  nick: () => string;
  /** What a contact may see of our being here. */
  shownTo: (contact: Contact) => ShownPresence;
  presence: Pick<PresenceBook, 'isOnline'>;
  /** Whether a contact is told up to where the owner has read. */
  sharesReading: (contact: Contact) => boolean;
  /** Whether contacts may delete here what they wrote. */
  honoursDeletion: () => boolean;
  onDefect: (error: unknown) => void;
}>;

/** What the others are given of it. */
export type Encryption = Readonly<{
  pins: Pins;
  channels: Channels;
  attempts: SessionAttempts;
  controls: Controls;
  deletionRequests: DeletionRequests;
  envelopes: Envelopes;
  gaps: Gaps;
  pinning: Pinning;
  handshakes: Handshakes;
  outgoing: OutgoingHandshakes;
  inbox: Inbox;
  rekeying: Rekeying;
  ownPresence: OwnPresence;
}>;

export function buildEncryption(options: Options): Encryption {
  const { keys, contacts, messages, events, onDefect } = options;
  const pins = new Pins({ contacts, ...keys });
  const channels = new Channels({ ...options, ...keys, store: options.sessions, pins });
  const attempts = new SessionAttempts({ ...options, ...keys, channels, pins });
  const controls = new Controls(options);
  const envelopes = new Envelopes({ ...options, channels });
  const gaps = new Gaps({ messages, events });
  const pinning = new Pinning({ ...options, channels, controls });
  const deletionRequests = new DeletionRequests({
    ...options,
    controls,
    store: options.deletionStore,
  });
  const shared = { ...options, channels, attempts, controls, deletionRequests, pinning };
  const heard = new Heard({
    ...shared,
    onSequence: (contact, sequence) => gaps.note(contact, sequence),
  });
  const rekeying = new Rekeying({ ...shared, identities: keys.identities, pins });
  const deletions = new PeerDeletions(shared);
  const sealed = new SealedInbox({ ...shared, deletions, heard, rekeying });
  const ownPresence = new OwnPresence(shared);
  ownPresence.start();
  new ReadReceipts(shared).start(onDefect);
  new Withdrawals(shared).start();
  return {
    pins,
    channels,
    attempts,
    controls,
    deletionRequests,
    envelopes,
    gaps,
    pinning,
    handshakes: new Handshakes(shared),
    outgoing: new OutgoingHandshakes(shared),
    inbox: new Inbox({ ...shared, sealed }),
    ownPresence,
    rekeying,
  };
}

/** Follows contacts to other addresses, once there is somebody who can look. */
export function buildMoves(
  { contacts, own, clock }: Pick<Options, 'contacts' | 'own' | 'clock'>,
  isThere: ConstructorParameters<typeof AddressMoves>[0]['isThere'],
): AddressMoves {
  return new AddressMoves({ contacts, own, clock, isThere });
}
