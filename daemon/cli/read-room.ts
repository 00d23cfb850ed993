import * as v from 'valibot';
import { PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import { decodeAnswer, openApi, type ApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { formatTime, oneLine, printable } from './format.ts';
import { inWords } from './game-words.ts';
import { openLive } from './live-messages.ts';
import type { ReadOptions } from './read.ts';
import { RoomAnswer, RoomEventAnswer } from './room-answers.ts';
import { roomPath } from './rooms.ts';

const Page = v.array(v.unknown());

/** `vestnik rooms read ROOM`: the last events, and with `--follow` each new one as it comes. */
export async function readRoom(
  context: CommandContext,
  name: string,
  { count: wanted, follow }: ReadOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  // Subscribed before the history is asked for, so that nothing falls between the two.
  const live = follow === true ? await openLive(api, '_vestnik/events') : undefined;
  const { room, seqnr } = decodeAnswer(RoomAnswer, await api.call('GET', roomPath(name)));
  const history = wanted === 0 ? [] : await readLast(api, room, wanted);
  printHistory(context, history, follow === true);
  let last = numberOf(history.at(-1)) ?? seqnr;
  await markRead(context, api, room, last);
  for await (const answer of live ?? []) {
    const event = v.safeParse(RoomEventAnswer, answer);
    if (!event.success || event.output.room !== room || event.output.seqnr <= last) continue;
    printEvent(context, answer);
    last = event.output.seqnr;
    await markRead(context, api, room, last);
  }
  if (live !== undefined) throw new CommandError('no_daemon', 'the daemon stopped');
}

/** The newest `count` events, oldest first, as the daemon told them. */
async function readLast(api: ApiClient, room: string, count: number): Promise<unknown[]> {
  const pages: unknown[][] = [];
  for (let left = count; left > 0; left -= PAGE_MAX_MESSAGES) {
    const limit = Math.min(left, PAGE_MAX_MESSAGES);
    const first = numberOf(pages[0]?.[0]);
    const before = first === undefined ? '' : `&before=${first}`;
    const path = roomPath(room, `/events?limit=${limit}${before}`);
    const page = decodeAnswer(Page, await api.call('GET', path));
    if (page.length > 0) pages.unshift(page);
    if (page.length < limit) break;
  }
  return pages.flat();
}

function numberOf(answer: unknown): number | undefined {
  return answer === undefined ? undefined : decodeAnswer(RoomEventAnswer, answer).seqnr;
}

/** Programs that follow get one event a line; those that don't, the answer as it is. */
function printHistory(
  context: CommandContext,
  history: readonly unknown[],
  isFollowing: boolean,
): void {
  if (context.isJson && !isFollowing) context.terminal.print(JSON.stringify(history));
  else for (const event of history) printEvent(context, event);
}

function printEvent({ terminal, isJson }: CommandContext, answer: unknown): void {
  terminal.print(
    isJson ? JSON.stringify(answer) : formatEvent(decodeAnswer(RoomEventAnswer, answer)),
  );
}

function formatEvent(event: RoomEventAnswer): string {
  const time = formatTime(event.timestamp);
  if (event.type === 'DIR') {
    const users = event.users.map(oneLine).join(', ');
    return `${time}  * in the room: ${users === '' ? 'nobody' : users}`;
  }
  const text = printable(inWords(event.message)).replaceAll('\n', '\n    ');
  const who = event.origin === 'owner' ? 'me' : oneLine(event.from);
  return `${time}  ${who}${event.origin === 'guest' ? ' (guest)' : ''}: ${text}`;
}

/** People have read what was shown to them; programs say so themselves. */
async function markRead(
  { isJson }: CommandContext,
  api: ApiClient,
  room: string,
  upTo: number,
): Promise<void> {
  if (isJson || upTo === 0) return;
  await api.call('POST', roomPath(room, '/read'), { upTo });
}
