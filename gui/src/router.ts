/** Every thing has a path. Here alone is known how paths look. */
import { tryParseAddress, type Address } from '../../daemon/wire/address.ts';

export type Page = Readonly<
  | { name: 'home' }
  | { name: 'conversation'; address: Address; messageId: string | undefined }
  | { name: 'request'; address: Address }
  | { name: 'room'; room: string; seqnr: number | undefined }
  | { name: 'rooms' }
  | { name: 'add' }
  | { name: 'settings' }
  | { name: 'relay' }
  | { name: 'search' }
  | { name: 'lost' }
>;

/** The page that a path names; `lost` when there is no such page. */
export function parsePath(path: string): Page {
  const [first, second, third, fourth, ...rest] = path.split('/').slice(1).map(unescapePart);
  if (rest.length > 0) return { name: 'lost' };
  switch (first) {
    case '':
      return { name: 'home' };
    case 'add':
    case 'settings':
    case 'relay':
    case 'rooms':
    case 'search':
      return second === undefined ? { name: first } : { name: 'lost' };
    case 'requests':
      return addressPage(third === undefined ? second : undefined, (address) => ({
        name: 'request',
        address,
      }));
    case 'c':
      if (third !== undefined && (third !== 'm' || fourth === undefined)) return { name: 'lost' };
      return addressPage(second, (address) => ({
        name: 'conversation',
        address,
        messageId: fourth,
      }));
    case 'r':
      if (third !== undefined && (third !== 'e' || fourth === undefined)) return { name: 'lost' };
      return roomPage(second, fourth);
    default:
      return { name: 'lost' };
  }
}

/** The path that `parsePath` reads as this page. */
export function formatPath(page: Page): string {
  switch (page.name) {
    case 'home':
    case 'lost':
      return '/';
    case 'conversation': {
      const path = `/c/${encodeURIComponent(page.address)}`;
      return page.messageId === undefined
        ? path
        : `${path}/m/${encodeURIComponent(page.messageId)}`;
    }
    case 'request':
      return `/requests/${encodeURIComponent(page.address)}`;
    case 'room': {
      const path = `/r/${encodeURIComponent(page.room)}`;
      return page.seqnr === undefined ? path : `${path}/e/${page.seqnr}`;
    }
    case 'add':
    case 'settings':
    case 'relay':
    case 'rooms':
    case 'search':
      return `/${page.name}`;
  }
}

/** Path of a conversation, with the details pane open or not. */
export function conversationPath(address: Address, hasDetails = false): string {
  const path = formatPath({ name: 'conversation', address, messageId: undefined });
  return hasDetails ? `${path}?details` : path;
}

/** Path of a room, with the details pane open or not. */
export function roomPath(room: string, hasDetails = false): string {
  const path = formatPath({ name: 'room', room, seqnr: undefined });
  return hasDetails ? `${path}?details` : path;
}

/** Path of the conversation or room that a page shows, whatever of it; `undefined` for all other pages. */
export function talkPath(page: Page): string | undefined {
  if (page.name === 'conversation') return conversationPath(page.address);
  return page.name === 'room' ? roomPath(page.room) : undefined;
}

/** Where a message lies: in a conversation, or in a room under its number. */
export type MessagePlace =
  Readonly<{ address: Address; id: string }> | Readonly<{ room: string; seqnr: number }>;

/** Path of a message that was found, in its conversation or room. */
export function foundPath(place: MessagePlace): string {
  if ('room' in place) return formatPath({ name: 'room', room: place.room, seqnr: place.seqnr });
  return formatPath({ name: 'conversation', address: place.address, messageId: place.id });
}

/** Path of the message that a page shows, of whatever kind; `undefined` for a page that shows none. */
export function messagePath(page: Page): string | undefined {
  const isOne = page.name === 'room' ? page.seqnr : page.name === 'conversation' && page.messageId;
  return isOne === undefined || isOne === false ? undefined : formatPath(page);
}

function roomPage(room: string | undefined, seqnr: string | undefined): Page {
  if (room === undefined || room === '') return { name: 'lost' };
  if (seqnr === undefined) return { name: 'room', room, seqnr: undefined };
  return /^[1-9]\d{0,14}$/.test(seqnr)
    ? { name: 'room', room, seqnr: Number(seqnr) }
    : { name: 'lost' };
}

function addressPage(text: string | undefined, toPage: (address: Address) => Page): Page {
  const address = text === undefined ? undefined : tryParseAddress(text);
  return address === undefined ? { name: 'lost' } : toPage(address);
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A broken escape names no page; the part as it stands finds none either.
    return part;
  }
}
