/** What the domain needs from outside. Implemented in `stores/`, `peer/` and, for tests, in `test/helpers/`. */
import type { Address } from '../wire/address.ts';
import type { PeerSessions } from '../crypto/sessions.ts';
import type {
  Contact,
  ContactNumber,
  ContactRequest,
  Direction,
  MessageState,
  MessageStep,
  NewMessage,
  RelayedEntry,
  RelayedEnvelope,
  StoredMessage,
} from './model.ts';
import type { RoomUid } from './room-model.ts';

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Time. Wall clock only for what people see; everything that waits uses the monotonic one (D12). */
export interface Clock {
  /** Milliseconds since 1970; may jump. */
  nowMs(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

/** Randomness, injected so that tests can repeat themselves. */
export interface Random {
  /** A number in [0, 1). */
  readonly fraction: () => number;
  /** `length` bytes from a secure source. */
  readonly bytes: (length: number) => Uint8Array;
}

/** What this daemon knows of its own addresses. */
export interface OwnAddresses {
  /** Whether an address leads to this very daemon. */
  isOwn(address: Address): boolean;
  /** Loopback addresses may be contacts only while our own peer listener is on one, too. */
  readonly isLoopbackAllowed: boolean;
  /** Our address as this peer should know it: on the overlay that it is on, if we are there. */
  toldTo(peer: Address): Address;
}

/** The address book on disk. */
export interface ContactStore {
  /** What was there at start. */
  readonly initial: readonly Contact[];
  /**
   * Replaces the address book; resolves once it is durable. Calls within a few milliseconds share one write.
   *
   * @throws {StorageError}
   */
  save(contacts: readonly Contact[]): Promise<void>;
}

/** Parked contact requests on disk. */
export interface RequestStore {
  readonly initial: readonly ContactRequest[];
  /** As `ContactStore.save`. */
  save(requests: readonly ContactRequest[]): Promise<void>;
}

/** A place in a conversation: a message's `s` or its `id`. */
export type MessageRef = number | string;

export type PageQuery = Readonly<{
  /** Only messages with a smaller `s`; the newest of these. */
  before?: number;
  /** Only messages with a greater `s`; the oldest of these. */
  after?: number;
  limit: number;
}>;

/** Sequences from `first` to `last` that are missing. */
export type SequenceGap = Readonly<{ first: number; last: number }>;

/** What is known of an incoming message that was taken back before it came. */
export type Unseen = Readonly<{ id: string; sequence: number }>;

/** An outgoing message that still has a way to go. */
export type Undelivered = Readonly<{
  conversation: ContactNumber;
  s: number;
  state: MessageState;
  /** Bytes of its text as JSON, roughly: what it takes in a batch. */
  sizeBytes: number;
  at: number;
}>;

/** All messages, in a journal. Nothing here keeps more than a few bytes a message in memory. */
export interface MessageStore {
  /** Outgoing messages in state `queued` or `relayed`, by `s`; made when it is asked for. */
  readonly undelivered: readonly Undelivered[];

  /** The conversation that this address had, also if its contact was removed since. */
  conversationOf(address: string): ContactNumber | undefined;
  /** Numbers from here on were never used. */
  readonly nextConversation: ContactNumber;
  /** The newest place in the journal, 0 when it is empty. */
  readonly lastS: number;
  /** Notes that a conversation's contact has this address from now on. Durable when it resolves. */
  nameConversation(conversation: ContactNumber, address: string): Promise<void>;

  /**
   * Stores messages in the order given; resolves once they are durable, with their places.
   * Whoever calls has made sure that no id is there twice.
   *
   * @throws {StorageError} `storage_full` or `storage_failed`; nothing was kept.
   */
  add(messages: readonly NewMessage[]): Promise<readonly StoredMessage[]>;
  /** What is being added becomes durable now, and does not wait for what else comes in this turn; unless that costs others time. */
  hurry(): void;

  /**
   * Notes a step; resolves once it is durable, with its place in the journal, which is the messages' new `rev`.
   * Messages whose state the step does not concern any more keep their state.
   *
   * @throws {StorageError}
   */
  note(step: MessageStep): Promise<number>;

  /** Deletes messages here; their ids stay known, so that a late copy does not bring them back. */
  remove(conversation: ContactNumber, messages: readonly number[]): Promise<void>;
  /**
   * Forgets a whole conversation up to now; its ids stay known.
   *
   * @returns The place up to which nothing is left.
   */
  removeConversation(conversation: ContactNumber): Promise<number>;
  /** Deletes an incoming message that has not come: when it does, it is known already. Durable when it resolves. */
  removeUnseen(conversation: ContactNumber, message: Unseen): Promise<void>;

  /**
   * `s` of the message with this id, deleted ones included. An outgoing one is also found by its `wireMessageId`, where
   * that is another.
   */
  find(conversation: ContactNumber, direction: Direction, id: string): Promise<number | undefined>;
  /** Those of the ids that `find` finds: for many of which hardly any is known, much sooner. */
  known(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly string[],
  ): Promise<readonly string[]>;
  /** Messages by place, in the order asked for; deleted or unknown ones are left out. */
  read(places: readonly number[]): Promise<readonly StoredMessage[]>;
  /** A page, oldest first. */
  page(conversation: ContactNumber, query: PageQuery): Promise<readonly StoredMessage[]>;
  /** All steps of a message in the order in which they happened, the storing itself not among them. */
  timeline(s: number): Promise<readonly MessageStep[]>;
  /** `s` of the newest message that is not deleted, of one direction or both. */
  lastPlace(conversation: ContactNumber, direction?: Direction): number | undefined;
  /** How many incoming messages there are after this place. */
  countIncoming(conversation: ContactNumber, afterS: number): number;
  /** A message's state now, without reading the disk. */
  stateOf(s: number): MessageState | undefined;

  /** The greatest `sequence` of a direction, deleted messages included; 0 when there is none. */
  lastSequence(conversation: ContactNumber, direction: Direction): number;
  /** Sequences of incoming messages between 1 and the greatest that never came: closed intervals, lowest first. */
  missing(conversation: ContactNumber): readonly SequenceGap[];
  /** Notes that a numbered message came of which nothing else is kept. Durable when it resolves. */
  countSequence(conversation: ContactNumber, sequence: number): Promise<void>;
  /** `s` of outgoing messages up to a place that are not read yet, apart from failed ones; oldest first. */
  unreadByPeer(conversation: ContactNumber, upToS: number): readonly number[];
}

/** Which messages the index of words is asked for. */
export type WordQuery = Readonly<{
  /** Folded words that a message must have, all of them: whole, or as the beginning of one of its words. */
  words: readonly Readonly<{ text: string; isWhole: boolean }>[];
  /** Only of this conversation. */
  conversation: ContactNumber | undefined;
  /** Only of this room; then of no conversation. */
  room?: RoomUid | undefined;
  /** Only messages with a smaller `s`. */
  before: number;
  /** Nobody needs the answer any more. */
  signal: AbortSignal;
}>;

/** Candidates from some stretch of the history. */
export type WordMatches = Readonly<{
  /** In falling order. */
  places: Iterable<number>;
  /** The stretch begins with this `s`: what comes next is older. */
  downTo: number;
}>;

/** Which messages, and which of those said in rooms, have which words. Derived from the messages, and can be thrown away. */
export interface WordIndex {
  /**
   * Where messages with these words lie, stretch by stretch, the newest first. None that is stored is left out; some
   * may be deleted, or lack a word.
   *
   * @throws {StorageError} `storage_failed`.
   */
  candidates(query: WordQuery): AsyncIterable<WordMatches>;
}

/** The secrets from which our identities follow: 32 bytes each. */
export type OwnSeeds = Readonly<{
  seed: Uint8Array;
  /** Of the identity before, while contacts are told of the present one; and since when it is the former one. */
  former: Readonly<{ seed: Uint8Array; since: number }> | undefined;
}>;

/** Who we are, on disk. */
export interface IdentityStore {
  readonly initial: OwnSeeds;
  /**
   * Replaces both; durable when it resolves, and nothing of what was before is left in the file.
   *
   * @throws {StorageError} Nothing was changed.
   */
  save(seeds: OwnSeeds): Promise<void>;
}

/** Encryption sessions with contacts, on disk. */
export interface SessionStore {
  /** What was there at start. */
  readonly initial: ReadonlyMap<ContactNumber, PeerSessions>;
  /**
   * Replaces the sessions with a contact; durable when it resolves. Several contacts' share one sync.
   *
   * @throws {StorageError}
   */
  save(contact: ContactNumber, sessions: PeerSessions): Promise<void>;
  /** Forgets all sessions with a contact. */
  remove(contact: ContactNumber): Promise<void>;
}

/** A contact link that we gave away. */
export type Invitation = Readonly<{
  /** SHA-256 of its token, base64url. */
  tokenHash: string;
  createdAt: number;
}>;

/** Contact links that nobody has used yet, on disk. */
export interface InvitationStore {
  readonly initial: readonly Invitation[];
  /** As `ContactStore.save`. */
  save(invitations: readonly Invitation[]): Promise<void>;
}

/** A message of ours that a contact was asked to delete. */
export type AskedDeletion = Readonly<{
  /** Its id on the wire. */
  id: string;
  /** Its number in our journal. */
  sequence: number;
}>;

/** What one contact was asked to delete. */
export type AskedContact = Readonly<{
  conversation: ContactNumber;
  waiting: readonly AskedDeletion[];
  /** How many requests it has answered, one way or the other. */
  deleted: number;
  kept: number;
}>;

/** What the wall clock said, and how long this daemon had been running by then, over all its runs. */
export type ClockReading = Readonly<{ ranMs: number; wallMs: number }>;

/** What deleting has to remember, on disk. */
export interface DeletionStore {
  readonly initial: Readonly<{
    asked: readonly AskedContact[];
    /** Oldest first. */
    readings: readonly ClockReading[];
  }>;
  /** As `ContactStore.save`. */
  saveAsked(asked: readonly AskedContact[]): Promise<void>;
  /** As `ContactStore.save`. */
  saveReadings(readings: readonly ClockReading[]): Promise<void>;
}

/** What we carry for others; losing it harms nobody but a friend's patience. */
export interface RelayStore {
  /** What we carry, oldest first. */
  entries(): Iterable<RelayedEntry>;
  /** Ids that were delivered or dropped lately, so that they are not taken again. */
  hasSeen(id: string): boolean;
  /** @throws {StorageError} */
  add(envelope: RelayedEnvelope): Promise<void>;
  /** The whole envelopes, in the order asked for; unknown ones are left out. */
  read(ids: readonly string[]): Promise<readonly RelayedEnvelope[]>;
  /** Forgets envelopes; durable when it resolves. */
  remove(ids: readonly string[]): Promise<void>;
}
