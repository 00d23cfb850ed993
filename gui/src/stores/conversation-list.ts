/** The left column: contacts, their last messages and drafts in one list. */
import type { ApiContact, ApiConversation, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { OutboxItem } from './outbox-store.ts';

/** A row of the list. */
export type ConversationRow = Readonly<{
  contact: ApiContact;
  last: ApiMessage | undefined;
  unread: number;
  draft: string;
  /** The newest message that is still on its way to our own daemon. */
  sending: OutboxItem | undefined;
  /** When something happened in it last, in milliseconds since 1970. */
  activeAt: number;
}>;

export type ListSources = Readonly<{
  people: readonly ApiContact[];
  conversations: ReadonlyMap<string, ApiConversation>;
  drafts: ReadonlyMap<string, string>;
  outbox: readonly OutboxItem[];
}>;

/** All rows, the one with the latest activity first. */
export function listConversations(sources: ListSources): readonly ConversationRow[] {
  return sources.people
    .map((contact) => toRow(contact, sources))
    .sort((a, b) => b.activeAt - a.activeAt || a.contact.nick.localeCompare(b.contact.nick));
}

/**
 * The rows that fit what was typed into the field: all its words are in the nick or address, each at the beginning of
 * a word first, then anywhere, then with letters left out.
 */
export function filterRows(
  rows: readonly ConversationRow[],
  typed: string,
): readonly ConversationRow[] {
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
  const sending = sources.outbox.findLast(({ address }) => address === contact.address);
  const lastAt = Date.parse(last?.received ?? contact.other_info.since);
  return {
    contact,
    last,
    unread: conversation?.unread ?? contact.unread,
    draft: sources.drafts.get(contact.address)?.trim() ?? '',
    sending,
    activeAt: Math.max(Number.isNaN(lastAt) ? 0 : lastAt, sending?.at ?? 0),
  };
}

function scoreOf({ contact }: ConversationRow, words: readonly string[]): number {
  const text = `${contact.nick} ${contact.address}`.toLocaleLowerCase();
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
