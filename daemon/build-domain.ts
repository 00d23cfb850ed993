/** Puts the domain together and ties it to the peers: everything that a daemon does, but for its listeners. */
import { BoardGames } from './domain/board-games.ts';
import { ContactLinks } from './domain/contact-links.ts';
import { buildEncryption, buildMoves, type OwnKeys } from './build-encryption.ts';
import type { CountedDh } from './crypto/dh.ts';
import type { Channels } from './domain/channels.ts';
import { ContactRequests } from './domain/contact-requests.ts';
import { Contacts } from './domain/contacts.ts';
import { ConversationGames } from './domain/conversation-games.ts';
import { Conversations } from './domain/conversations.ts';
import type { DeletionRequests } from './domain/deletion-requests.ts';
import { Deletions } from './domain/deletions.ts';
import type { DomainEvents } from './domain/events.ts';
import { ForgedLines } from './domain/forged-lines.ts';
import type { Handshakes } from './domain/handshakes.ts';
import type { Inbox } from './domain/inbox.ts';
import { Invitations } from './domain/invitations.ts';
import type { Contact, ContactNumber, StoredMessage } from './domain/model.ts';
import { Outbox } from './domain/outbox.ts';
import { Owner, type DiskState, type OwnerStore } from './domain/owner.ts';
import { toShow } from './domain/own-presence.ts';
import type {
  Clock,
  ContactStore,
  DeletionStore,
  InvitationStore,
  MessageStore,
  Random,
  RelayStore,
  RequestStore,
  SessionStore,
  WordIndex,
} from './domain/ports.ts';
import { PresenceBook } from './domain/presence.ts';
import { Relay, type RelayQuota } from './domain/relay.ts';
import { Retention } from './domain/retention.ts';
import type { Rekeying } from './domain/rekeying.ts';
import { allGamePlaces, RoomGames } from './domain/room-games.ts';
import { RoomHost } from './domain/room-host.ts';
import { RoomMirrors } from './domain/room-mirrors.ts';
import type { RoomStore } from './domain/room-ports.ts';
import { RoomPresence } from './domain/room-presence.ts';
import { RoomRetention } from './domain/room-retention.ts';
import { RoomSessions } from './domain/room-sessions.ts';
import type { RoomRules } from './domain/room-rules.ts';
import { Rooms } from './domain/rooms.ts';
import { Search } from './domain/search.ts';
import { Trust } from './domain/trust.ts';
import { judgeTypedAddress } from './domain/address-policy.ts';
import type { HopBook } from './peer/hop-proof.ts';
import { Lanes } from './peer/lanes.ts';
import type { MachineAddresses } from './peer/own-addresses.ts';
import { PeerCalls } from './peer/peer-calls.ts';
import { PeerClient, type PeerConnections, type PeerRules } from './peer/peer-client.ts';
import { RekeyNotices } from './peer/rekey-notices.ts';
import { RoomSyncClient } from './peer/room-sync-client.ts';
import { RoomSyncLoop } from './peer/room-sync-loop.ts';
import { RelayCopies } from './peer/relay-copies.ts';
import { RelayRounds } from './peer/relay-rounds.ts';
import type { Address } from './wire/address.ts';
import { formatOwnerUser } from './wire/room-names.ts';
import type { ApiListener, RetentionPeriod } from './wire/gui-api.ts';

export type DomainStores = Readonly<{
  contacts: ContactStore;
  requests: RequestStore;
  messages: MessageStore;
  relay: RelayStore;
  owner: OwnerStore;
  invitations: InvitationStore;
  deletions: DeletionStore;
  sessions: SessionStore;
  rooms: RoomStore;
  words: WordIndex;
}>;

/** Our keys, and how much work was done with them. */
export type CountedKeys = OwnKeys & Readonly<{ dh: CountedDh }>;

export type DomainOptions = Readonly<{
  stores: DomainStores;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  keys: CountedKeys;
  own: MachineAddresses;
  version: string;
  listeners: () => readonly ApiListener[];
  disk: () => DiskState;
  hasRoomForOthers: () => boolean;
  quota: RelayQuota;
  expireDays: number;
  rooms: RoomRules & Readonly<{ sessionTimeoutMs: number; retention: RetentionPeriod }>;
  /** Signs of life are written to disk at most this often, in milliseconds. */
  touchSaveMs: number;
  /** Read marks are written this long after they moved, in milliseconds; unless given, at once. */
  readSaveMs?: number | undefined;
  /** Unless given, peers are spoken to over HTTP. */
  connect?: (rules: PeerRules) => PeerConnections;
  /** A contact says something in the name of others. */
  onForged?: (contact: ContactNumber, fact: string) => void;
  onDefect: (error: unknown) => void;
}>;

/** The domain at work. */
export type Domain = Readonly<{
  owner: Owner;
  contacts: Contacts;
  invitations: Invitations;
  trust: Trust;
  links: ContactLinks;
  rekeying: Rekeying;
  conversations: Conversations;
  deletions: Deletions;
  deletionRequests: DeletionRequests;
  retention: Retention;
  outbox: Outbox;
  search: Search;
  relay: Relay;
  presence: PresenceBook;
  /** Games between people. */
  boardGames: BoardGames;
  /** Rooms that this daemon hosts, and the guests of its hub listener in them. */
  rooms: Rooms;
  guests: RoomSessions;
  /** The same rooms for daemons that mirror them, and who of these says too much. */
  host: RoomHost;
  forged: ForgedLines;
  /** Rooms that other daemons host, and what keeps them equal. */
  mirrors: RoomMirrors;
  /** Who of those in rooms is there now. */
  roomPresence: RoomPresence;
  syncLoop: RoomSyncLoop;
  events: DomainEvents;
  handshakes: Handshakes;
  inbox: Inbox;
  channels: Channels;
  /** Whose proofs the peer listener knows. */
  hops: HopBook;
  /** Somebody showed the access key of a contact that encrypts, without its proof (E5). */
  onUnproven: (contact: Contact) => void;
  /** A contact says, under proof, that it is at another address now. */
  onClaimedAddress: (contact: Contact, from: Address) => void;
  lanes: Lanes;
  client: PeerConnections;
}>;

/** Builds it; nothing runs before `lanes.start()`. */
export function buildDomain(options: DomainOptions): Domain {
  const { stores, events, clock, random, own, onDefect } = options;
  const { connect = (rules: PeerRules) => new PeerClient(rules) } = options;
  const { messages } = stores;
  const requests = new ContactRequests({ store: stores.requests, events });
  const contacts = new Contacts({ ...options, store: stores.contacts, requests, messages });
  const presence = new PresenceBook({ contacts, events, clock });
  const outbox = new Outbox({ ...options, messages, contacts });
  const relay = new Relay({
    store: stores.relay,
    contacts,
    events,
    clock,
    quota: options.quota,
    hasRoom: options.hasRoomForOthers,
  });
  const owner = new Owner({
    ...options,
    identities: options.keys.identities,
    keyOperations: () => options.keys.dh.count,
    store: stores.owner,
    outbox,
    presence,
    addresses: () => own.list(),
  });
  const rules: PeerRules = {
    localAddressFor: (peer) => own.localHostFor(peer),
    isAllowed: (peer) => judgeTypedAddress(peer, own) === undefined,
    isLikelyThere: (peer) => {
      const contact = contacts.get(peer);
      return contact !== undefined && presence.isOnline(contact);
    },
  };
  const client = connect(rules);
  const nick = (): string => owner.nick;
  const invitations = new Invitations({ store: stores.invitations, clock, random });
  const books = { contacts, requests, outbox, messages, presence, relay, invitations };
  const encryption = buildEncryption({
    ...options,
    ...books,
    sessions: stores.sessions,
    deletionStore: stores.deletions,
    nick,
    shownTo: (contact) => toShow(contact, owner.ownStatus),
    // Up to where somebody has read says that somebody is there.
    sharesReading: (contact) =>
      owner.settings.read_receipts && toShow(contact, owner.ownStatus).status !== 'hidden',
    honoursDeletion: () => owner.settings.honour_deletion,
  });
  const { pins, outgoing, pinning, handshakes, inbox, rekeying, deletionRequests } = encryption;
  const calls = new PeerCalls({
    client,
    handshakes: outgoing,
    hops: pins,
    randomBytes: random.bytes,
    own,
    nick,
  });
  const moves = buildMoves({ contacts, own, clock }, (contact, at) => calls.isThere(contact, at));
  const shared = { ...books, ...encryption, calls, own, clock, random, events };
  const rounds = new RelayRounds(shared);
  const notices = new RekeyNotices(shared);
  const copies = new RelayCopies(shared);
  const findCopies = (of: readonly StoredMessage[]): Promise<() => void> =>
    copies.find(of, (contact) => lanes.lane(contact));
  const deletions = new Deletions({ ...shared, requests: deletionRequests, findCopies });
  const rooms = new Rooms({
    ...{ store: stores.rooms, rules: options.rooms, events, clock, random },
    ownerUser: () => formatOwnerUser(owner.nick, owner.address),
  });
  const retention = new Retention({
    ...shared,
    store: stores.deletions,
    deletions,
    period: () => owner.settings.retention,
    rooms: new RoomRetention({ rooms, clock, period: options.rooms.retention }),
  });
  const lanes = new Lanes({ ...shared, rounds, notices, retention, onDefect });
  const conversations = new Conversations({ ...shared, own, findCopies });
  const search = new Search({
    ...{ contacts, messages, rooms, clock },
    ...{ words: stores.words, events: stores.rooms },
  });
  const trust = new Trust({ contacts, events, owner });
  const links = new ContactLinks({ contacts, trust, invitations, events, owner });
  const { sessionTimeoutMs } = options.rooms;
  const guests = new RoomSessions({ rooms, events, clock, random, sessionTimeoutMs });
  const { onForged = () => undefined } = options;
  const forged = new ForgedLines({ clock, onForged });
  const host = new RoomHost({
    ...{ rooms, store: stores.rooms, events, clock, forged, onDefect },
    ownServer: () => owner.address,
    ownNick: nick,
  });
  const mirrors = new RoomMirrors({
    ...{ rooms, store: stores.rooms, events, clock, random },
    ownUser: (peer) => formatOwnerUser(owner.nick, own.toldTo(peer)),
  });
  const boardGames = new BoardGames({
    places: allGamePlaces(
      new ConversationGames({ ...shared, conversations, words: stores.words }),
      new RoomGames({ rooms, mirrors, events, clock, ownAddress: () => owner.address }),
    ),
    random,
  });
  boardGames.start();
  const syncClient = new RoomSyncClient({ rules, hops: pins, own, randomBytes: random.bytes });
  const syncLoop = new RoomSyncLoop({
    ...{ mirrors, client: syncClient, contacts, events, clock, random, onDefect },
  });
  return {
    ...{ host, forged, mirrors, syncLoop },
    roomPresence: new RoomPresence({ rooms, host, mirrors }),
    ...{ owner, contacts, invitations, trust, links, conversations, search, outbox },
    ...{ relay, presence, rooms, guests, events, deletions, deletionRequests, retention },
    ...{ handshakes, inbox, rekeying, lanes, client },
    boardGames,
    hops: pins,
    channels: encryption.channels,
    onUnproven: (contact) => void pinning.countRefused(contact).catch(onDefect),
    onClaimedAddress: (contact, from) => void moves.consider(contact, from).catch(onDefect),
  };
}
