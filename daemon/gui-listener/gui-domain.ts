import type { BoardGames } from '../domain/board-games.ts';
import type { ContactLinks } from '../domain/contact-links.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Conversations } from '../domain/conversations.ts';
import type { DeletionRequests } from '../domain/deletion-requests.ts';
import type { Deletions } from '../domain/deletions.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { Owner } from '../domain/owner.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Rekeying } from '../domain/rekeying.ts';
import type { Relay } from '../domain/relay.ts';
import type { RoomMirrors } from '../domain/room-mirrors.ts';
import type { RoomPresence } from '../domain/room-presence.ts';
import type { RoomSessions } from '../domain/room-sessions.ts';
import type { Rooms } from '../domain/rooms.ts';
import type { Search } from '../domain/search.ts';
import type { Trust } from '../domain/trust.ts';
import type { Address } from '../wire/address.ts';
import type { ApiImported, ExportLine } from '../wire/export.ts';

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
  deletions: Deletions;
  deletionRequests: Pick<DeletionRequests, 'of'>;
  search: Pick<Search, 'find'>;
  relay: Relay;
  presence: PresenceBook;
  boardGames: BoardGames;
  rooms: Rooms;
  guests: RoomSessions;
  mirrors: RoomMirrors;
  roomPresence: RoomPresence;
  events: DomainEvents;
  backUp: BackUp;
  /** Everything readable, or what belongs to one contact. */
  exported: (address: Address | undefined) => AsyncIterable<ExportLine>;
  /** Takes in an export as it comes over the wire. */
  takeIn: (bytes: AsyncIterable<Uint8Array>) => Promise<ApiImported>;
}>;
