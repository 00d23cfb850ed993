/** The left column: contacts and rooms, their last messages and drafts in one list. */
import type { ApiContact, ApiConversation, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { ApiRoom, ApiRoomEvent } from '../../../daemon/wire/rooms-api.ts';
import { conversationPath, roomPath } from '../router.ts';
import { draftOfRoom } from '../text/room.ts';
import type { OutboxItem } from './outbox-store.ts';

/** A conversation in the list. */
export type ConversationRow = Readonly<{
  type: 'conversation';
  contact: ApiContact;
  last: ApiMessage | undefined;
  unread: number;
  draft: string;
  /** The newest message that is still on its way to our own daemon. */
  sending: OutboxItem | undefined;
  /** When something happened in it last, in milliseconds since 1970. */
  activeAt: number;
}>;

/** A room in the list. */
export type RoomListRow = Readonly<{
  type: 'room';
  room: ApiRoom;
  last: ApiRoomEvent | undefined;
  /** Of others; 0 while one is not in it. */
  unread: number;
  draft: string;
  /** The newest message that is still on its way to our own daemon. */
  sending: OutboxItem<string> | undefined;
  /** When something was said in it last, in milliseconds since 1970. */
  activeAt: number;
}>;

export type ListRow = ConversationRow | RoomListRow;

export type ListSources = Readonly<{
  people: readonly ApiContact[];
  conversations: ReadonlyMap<string, ApiConversation>;
  drafts: ReadonlyMap<string, string>;
  outbox: readonly OutboxItem[];
  rooms: readonly ApiRoom[];
  roomOutbox: readonly OutboxItem<string>[];
}>;

/** All rows, the one with the latest activity first. */
export function listConversations(sources: ListSources): readonly ListRow[] {
  return [
    ...sources.people.map((contact) => toRow(contact, sources)),
    ...sources.rooms.map((room) => toRoomRow(room, sources)),
  ].sort((a, b) => b.activeAt - a.activeAt || listRowName(a).localeCompare(listRowName(b)));
}

/** Names a row among all others. */
export function listRowKey(row: ListRow): string {
  return row.type === 'room' ? `room ${row.room.uid}` : row.contact.address;
}

/** Where a row leads to. */
export function listRowPath(row: ListRow): string {
  return row.type === 'room' ? roomPath(row.room.room) : conversationPath(row.contact.address);
}

/** What a row is called, as it came from others. */
export function listRowName(row: ListRow): string {
  return row.type === 'room' ? row.room.name : row.contact.nick;
}

/** Whether nobody is to be told what comes in there. */
export function isSilent(row: ListRow): boolean {
  return row.type === 'room' ? row.room.muted : row.contact.muted || row.contact.blocked;
}

/**
 * The rows that fit what was typed into the field: all its words are in the name or address, each at the beginning of
 * a word first, then anywhere, then with letters left out.
 */
export function filterRows(rows: readonly ListRow[], typed: string): readonly ListRow[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows
    .map((row) => ({ row, score: scoreOf(row, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ row }) => row);
}

function toRow(contact: ApiContact, sources: ListSources): ConversationRow {
  const conversation = sources.conversations.get(contact.address);
  const last = conversation?.last ?? undefined;
  const sending = sources.outbox.findLast(({ to }) => to === contact.address);
  const lastAt = Date.parse(last?.received ?? contact.other_info.since);
  return {
    type: 'conversation',
    contact,
    last,
    unread: conversation?.unread ?? contact.unread,
    draft: sources.drafts.get(contact.address)?.trim() ?? '',
    sending,
    activeAt: Math.max(Number.isNaN(lastAt) ? 0 : lastAt, sending?.at ?? 0),
  };
}

function toRoomRow(room: ApiRoom, sources: ListSources): RoomListRow {
  const last = room.last ?? undefined;
  const sending = sources.roomOutbox.findLast(({ to }) => to === room.room);
  const lastAt = Date.parse(last?.timestamp ?? room.created);
  const waitingAt = Date.parse(room.sync?.waiting.at(-1)?.timestamp ?? '');
  return {
    type: 'room',
    ...{ room, last, sending },
    unread: room.unread,
    draft: sources.drafts.get(draftOfRoom(room.room))?.trim() ?? '',
    activeAt: Math.max(lastAt || 0, waitingAt || 0, sending?.at ?? 0),
  };
}

function scoreOf(row: ListRow, words: readonly string[]): number {
  const place = row.type === 'room' ? row.room.room : row.contact.address;
  const text = `${listRowName(row)} ${place}`.toLocaleLowerCase();
  let sum = 0;
  for (const word of words) {
    const score = scoreOfWord(text, word);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

function scoreOfWord(text: string, word: string): number {
  const index = text.indexOf(word);
  if (index === 0 || (index > 0 && !/[\p{Letter}\p{Number}]/u.test(text.charAt(index - 1)))) {
    return 3;
  }
  if (index > 0) return 2;
  return hasLettersInOrder(text, word) ? 1 : 0;
}

function hasLettersInOrder(text: string, word: string): boolean {
  let from = 0;
  for (const letter of word) {
    const index = text.indexOf(letter, from);
    if (index === -1) return false;
    from = index + letter.length;
  }
  return true;
}
