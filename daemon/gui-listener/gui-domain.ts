import type { ContactLinks } from '../domain/contact-links.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Conversations } from '../domain/conversations.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { Owner } from '../domain/owner.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Rekeying } from '../domain/rekeying.ts';
import type { Relay } from '../domain/relay.ts';
import type { Trust } from '../domain/trust.ts';

/** Makes a backup of everything, under a passphrase, as a stream of bytes. */
export type BackUp = (passphrase: string) => Promise<AsyncIterable<Uint8Array>>;

/** What the gui listener shows and works on, as the composition root made it. */
export type GuiDomain = Readonly<{
  owner: Owner;
  contacts: Contacts;
  trust: Trust;
  links: ContactLinks;
  rekeying: Pick<Rekeying, 'begin' | 'underWay'>;
  conversations: Conversations;
  relay: Relay;
  presence: PresenceBook;
  events: DomainEvents;
  backUp: BackUp;
}>;
