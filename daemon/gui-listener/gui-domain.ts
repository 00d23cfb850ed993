/** What the gui listener needs of the domain. */
import type { DomainEvents } from '../domain/events.ts';
import type {
  Contact,
  ContactRequest,
  DeliveryOutcome,
  MessageStep,
  StoredMessage,
} from '../domain/model.ts';
import type { MessageRef } from '../domain/ports.ts';
import type { Address } from '../wire/address.ts';
import type {
  ApiListener,
  ApiSettings,
  ApiStatus,
  Presence as PresenceState,
} from '../wire/gui-api.ts';

/** The address book and who wants into it. */
export interface ContactBook {
  list(): readonly Contact[];
  /** Those that the owner has not dismissed. */
  requests(): readonly ContactRequest[];
  get(address: Address): Contact | undefined;
  request(address: Address): ContactRequest | undefined;
  add(request: NewContact): Promise<Readonly<{ contact: Contact; isNew: boolean }>>;
  accept(address: Address, as?: Address): Promise<Contact>;
  dismiss(address: Address): Promise<void>;
  block(address: Address): Promise<void>;
  unblock(address: Address): Promise<void>;
  change(address: Address, change: ContactChange): Promise<Contact>;
  remove(address: Address, options: Readonly<{ withHistory: boolean }>): Promise<void>;
}

export type NewContact = Readonly<{ address: Address; nick?: string; canResend?: boolean }>;

export type ContactChange = Readonly<{
  nick?: string;
  canResend?: boolean;
  relayFor?: boolean;
  relayPlain?: boolean;
  isMuted?: boolean;
}>;

export type ConversationSummary = Readonly<{
  contact: Contact;
  last: StoredMessage | undefined;
  unread: number;
}>;

/** What was written and what comes of it. */
export interface ConversationBook {
  list(): Promise<readonly ConversationSummary[]>;
  one(address: Address): Promise<ConversationSummary>;
  send(
    address: Address,
    messages: readonly Readonly<{ text: string; id?: string }>[],
  ): Promise<readonly Readonly<{ message: StoredMessage; isNew: boolean }>[]>;
  page(
    address: Address,
    query: Readonly<{ before?: MessageRef; after?: MessageRef; limit: number }>,
  ): Promise<readonly StoredMessage[]>;
  details(
    address: Address,
    ref: string,
  ): Promise<Readonly<{ message: StoredMessage; timeline: readonly MessageStep[] }>>;
  retry(address: Address, ref: string): Promise<StoredMessage>;
  cancel(address: Address, ref: string): Promise<StoredMessage>;
  remove(address: Address, ref: string): Promise<void>;
  markRead(address: Address, upTo: MessageRef): Promise<void>;
  unread(contact: Contact): number;
}

export type RelayLine = Readonly<{
  from: Address;
  to: Address;
  messages: number;
  bytes: number;
  oldestAt: number;
}>;

/** What we carry for others. */
export interface RelayBook {
  ledger(): readonly RelayLine[];
  drop(to: Address): Promise<void>;
}

/** Who can be reached. */
export interface PresenceBook {
  of(contact: Contact): ContactPresence;
  readonly reachable: number;
}

export type ContactPresence = Readonly<{
  presence: PresenceState;
  lastAttempt?: Readonly<{ at: number; outcome: DeliveryOutcome }> | undefined;
  /** Milliseconds since 1970. */
  nextAttemptAt?: number | undefined;
}>;

/** Whose daemon this is, and how it is. */
export interface Owner {
  readonly nick: string;
  /** What contacts are told. */
  readonly address: Address;
  /** Every address that friends can use, the best first. */
  readonly addresses: readonly Address[];
  readonly version: string;
  readonly listeners: readonly ApiListener[];
  readonly settings: ApiSettings;
  change(change: OwnerChange): Promise<void>;
  status(): ApiStatus;
}

export type OwnerChange = Readonly<{ nick?: string; settings?: Partial<ApiSettings> }>;

/** All of it. */
export type GuiDomain = Readonly<{
  owner: Owner;
  contacts: ContactBook;
  conversations: ConversationBook;
  relay: RelayBook;
  presence: PresenceBook;
  events: DomainEvents;
}>;
