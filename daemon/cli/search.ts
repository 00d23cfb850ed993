import * as v from 'valibot';
import { PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import { ContactsAnswer, FoundAnswer } from './answers.ts';
import { decodeAnswer, openApi, type ApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { findAddress } from './contact-address.ts';
import { formatTime, oneLine } from './format.ts';

export type SearchOptions = Readonly<{ count: number; in?: string; inRoom?: string }>;

/** Messages as the daemon told them, for programs. */
const Page = v.array(v.unknown());

/** Of a long message so many characters are shown before and after the first place found. */
const BEFORE_MARK = 40;
const AFTER_MARK = 80;

/** `vestnik search WORDS`: messages that have all the words, of conversations and rooms, the newest first. */
export async function search(
  context: CommandContext,
  words: readonly string[],
  options: SearchOptions,
): Promise<void> {
  const { terminal, isJson } = context;
  const api = await openApi(context.dataFolder);
  const query = new URLSearchParams({ q: words.join(' ') });
  if (options.in !== undefined) query.set('address', await findAddress(api, options.in));
  if (options.inRoom !== undefined) query.set('room', options.inRoom);
  const found = await findAll(api, query, options.count);
  if (isJson) {
    terminal.print(JSON.stringify(found));
    return;
  }
  if (found.length === 0) terminal.print('Nothing found.');
  const nicks = await nicksOf(api);
  for (const one of found) terminal.print(describe(decodeAnswer(FoundAnswer, one), nicks));
}

/** Page after page: a page may have fewer than it could, when looking took long. */
async function findAll(api: ApiClient, query: URLSearchParams, wanted: number): Promise<unknown[]> {
  const found: unknown[] = [];
  const limit = String(Math.min(wanted, PAGE_MAX_MESSAGES));
  let next: string | undefined = `/api/search?${query.toString()}&limit=${limit}`;
  while (next !== undefined && found.length < wanted) {
    const page = await api.page(next);
    found.push(...decodeAnswer(Page, page.answer));
    next = page.next;
  }
  return found.slice(0, wanted);
}

async function nicksOf(api: ApiClient): Promise<ReadonlyMap<string, string>> {
  const contacts = decodeAnswer(ContactsAnswer, await api.call('GET', '/api/contacts'));
  return new Map(contacts.map(({ address, nick }) => [address, nick]));
}

function describe(found: FoundAnswer, nicks: ReadonlyMap<string, string>): string {
  const who = 'room' in found ? authorIn(found) : authorOf(found, nicks);
  return `${formatTime(found.timestamp)}  ${who}: ${excerptOf(found)}`;
}

function authorOf(
  { address, direction }: Extract<FoundAnswer, { address: string }>,
  nicks: ReadonlyMap<string, string>,
): string {
  const nick = oneLine(nicks.get(address) || address);
  return direction === 'in' ? nick : `me to ${nick}`;
}

function authorIn({ room, from, origin }: Extract<FoundAnswer, { room: string }>): string {
  const guest = origin === 'guest' ? ' (guest)' : '';
  const who = origin === 'owner' ? 'me' : `${oneLine(from)}${guest}`;
  return `${who} in ${oneLine(room)}`;
}

/** The message around the first place found, on one line. */
function excerptOf({ message, marks }: FoundAnswer): string {
  const [place = 0, length = 0] = marks[0] ?? [];
  const start = Math.max(0, place - BEFORE_MARK);
  const end = place + length + AFTER_MARK;
  const hidden = { before: start > 0 ? '…' : '', after: end < message.length ? '…' : '' };
  return `${hidden.before}${oneLine(message.slice(start, end))}${hidden.after}`;
}
