/** What the gui listener shows and works on. */
import type { Contacts } from '../domain/contacts.ts';
import type { Conversations } from '../domain/conversations.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Relay } from '../domain/relay.ts';
import type { Address } from '../wire/address.ts';
import type { ApiListener, ApiSettings, ApiStatus } from '../wire/gui-api.ts';

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
  /** Changes what is named; durable when it resolves. */
  change(change: OwnerChange): Promise<void>;
  status(): ApiStatus;
}

export type OwnerChange = Readonly<{ nick?: string; settings?: Partial<ApiSettings> }>;

/** The domain, as the composition root made it. */
export type GuiDomain = Readonly<{
  owner: Owner;
  contacts: Contacts;
  conversations: Conversations;
  relay: Relay;
  presence: PresenceBook;
  events: DomainEvents;
}>;
