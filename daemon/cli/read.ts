import * as v from 'valibot';
import { PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import { MessageAnswer } from './answers.ts';
import { decodeAnswer, openApi, type ApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { findAddress, messagesPath, nickOf } from './contact-address.ts';
import { count, formatTime, oneLine, printable } from './format.ts';
import { inWords } from './game-words.ts';
import { openLive } from './live-messages.ts';

export type ReadOptions = Readonly<{ count: number; follow?: boolean }>;

/** Messages as the daemon told them, for programs. */
const Page = v.array(v.unknown());

const STATE_WORDS: Readonly<Record<MessageAnswer['state'], string>> = {
  queued: ' (waiting)',
  relayed: ' (on its way through a friend)',
  delivered: '',
  read: '',
  failed: ' (not delivered)',
};

/** `vestnik read CONTACT`: the last messages, and with `--follow` each new one as it comes. */
export async function read(
  context: CommandContext,
  contact: string,
  { count: wanted, follow }: ReadOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  // Subscribed before the history is asked for, so that nothing falls between the two.
  const live = follow === true ? await openLive(api, '_vestnik/messages') : undefined;
  // The newest one even if none is to be shown: what is older than that is not new.
  const history = await readLast(api, address, Math.max(wanted, 1));
  let lastS = history.length === 0 ? 0 : place(history.at(-1));
  const print = await createPrinter(context, api, address);
  printHistory(context, wanted === 0 ? [] : history, print, follow === true);
  await markRead(context, api, address, lastS);
  for await (const answer of live ?? []) {
    const message = v.safeParse(MessageAnswer, answer);
    // The topic also tells what was deleted; that has been read already.
    if (!message.success || !isNews(message.output, address, lastS)) continue;
    print(answer);
    lastS = message.output.s;
    await markRead(context, api, address, lastS);
  }
  if (live !== undefined) throw new CommandError('no_daemon', 'the daemon stopped');
}

/** Whether a message is of this conversation, and not just a change of one that was shown. */
function isNews(message: MessageAnswer, address: string, lastS: number): boolean {
  const other = message.direction === 'in' ? message.from : message.to;
  return other === address && message.s > lastS;
}

/** The newest `count` messages, oldest first, as the daemon told them. */
async function readLast(api: ApiClient, address: string, count: number): Promise<unknown[]> {
  const pages: unknown[][] = [];
  let wanted = count;
  while (wanted > 0) {
    const limit = Math.min(wanted, PAGE_MAX_MESSAGES);
    const before = pages[0] === undefined ? '' : `&before=${place(pages[0][0])}`;
    const query = `?limit=${limit}${before}`;
    const page = decodeAnswer(Page, await api.call('GET', messagesPath(address) + query));
    if (page.length > 0) pages.unshift(page);
    wanted = page.length < limit ? 0 : wanted - limit;
  }
  return pages.flat();
}

/** A message's place in the daemon's journal. */
function place(answer: unknown): number {
  return decodeAnswer(MessageAnswer, answer).s;
}

/** Programs that follow get one message a line; those that don't, the answer as it is. */
function printHistory(
  { terminal, isJson }: CommandContext,
  history: readonly unknown[],
  print: (answer: unknown) => void,
  isFollowing: boolean,
): void {
  if (isJson && !isFollowing) terminal.print(JSON.stringify(history));
  else for (const message of history) print(message);
}

async function createPrinter(
  { terminal, isJson }: CommandContext,
  api: ApiClient,
  address: string,
): Promise<(answer: unknown) => void> {
  if (isJson) return (answer) => terminal.print(JSON.stringify(answer));
  const nick = oneLine(await nickOf(api, address));
  return (answer) => terminal.print(formatMessage(decodeAnswer(MessageAnswer, answer), nick));
}

function formatMessage(message: MessageAnswer, nick: string): string {
  const who = message.direction === 'in' ? nick : 'me';
  const state = message.direction === 'in' ? '' : STATE_WORDS[message.state];
  const text = printable(inWords(message.message)).replaceAll('\n', '\n    ');
  const line = `${formatTime(message.timestamp)}  ${who}: ${text}${describeCover(message)}${state}`;
  const missing = message.missing_before;
  return missing === 0 ? line : `    … ${count(missing, 'message')} missing\n${line}`;
}

/** How a message travelled, where that needs a word. One that has not left yet may still be encrypted. */
function describeCover({ direction, state, enctype }: MessageAnswer): string {
  const hasTravelled = direction === 'in' || (state !== 'queued' && state !== 'failed');
  return enctype === '' && hasTravelled ? ' (not encrypted)' : '';
}

/** People have read what was shown to them; programs say so themselves. */
async function markRead(
  { isJson }: CommandContext,
  api: ApiClient,
  address: string,
  upTo: number,
): Promise<void> {
  if (isJson || upTo === 0) return;
  await api.call('POST', `/api/conversations/${encodeURIComponent(address)}/read`, { upTo });
}
