import { createHash } from 'node:crypto';
import type { WechatEvent } from '../wire/wechat.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { oneLine } from './format.ts';
import { WechatRoom } from './wechat-room.ts';
import { parseWechatUrl, type WechatPlace } from './wechat-url.ts';

export type BridgeOptions = Readonly<{ name: string; invite?: string }>;

/** What was carried lately; whoever says the same on the other side is a bridge as well. */
const CARRIED_MAX = 1000;
const ID_LENGTH = 22;

/** `vestnik wechat -b URL1 URL2`: what is said in one room appears in the other, until it is stopped. */
export async function wechatBridge(
  context: CommandContext,
  urls: readonly [string, string],
  { name, invite }: BridgeOptions,
  stop: AbortSignal,
): Promise<void> {
  const [one, other] = urls.map((url) => {
    const { origin, channel, seqnr } = roomAt(url);
    return new WechatRoom({ ...{ origin, channel, name, seqnr, invite }, signal: stop });
  });
  if (one === undefined || other === undefined) throw new TypeError('a bridge has two ends');
  const carried = new CarriedTexts();
  const ways = [
    carry({ context, from: one, to: other, place: urls[0], carried }),
    carry({ context, from: other, to: one, place: urls[1], carried }),
  ];
  try {
    await Promise.all(ways);
  } finally {
    const patience = AbortSignal.timeout(2000);
    await Promise.allSettled([one.leave(patience), other.leave(patience)]);
  }
}

type Way = Readonly<{
  context: CommandContext;
  from: WechatRoom;
  to: WechatRoom;
  /** Names the room that it comes from, the same after every start. */
  place: string;
  carried: CarriedTexts;
}>;

/** One message after another: the next is looked at when this one is safe on the other side. */
async function carry(way: Way): Promise<void> {
  const { context, from, to } = way;
  try {
    for await (const news of from.follow()) {
      if (news.kind === 'event') await carryEvent(way, news.event);
      else if (news.kind === 'lost') context.terminal.complain(`${label(from)}: ${news.reason}`);
      else context.terminal.print(`${label(from)} is open`);
    }
  } catch (error) {
    if (isStopped(error)) return;
    if (error instanceof CommandError) throw error;
    throw new CommandError('refused', `${label(from)} or ${label(to)} does not answer`, {
      cause: error,
    });
  }
}

async function carryEvent(
  { context, from, to, place, carried }: Way,
  event: WechatEvent,
): Promise<void> {
  if (event.type !== 'MSG' || isOfBridge(event, [from.name, to.name])) return;
  if (carried.has(to, event.body)) return;
  const text = `<${event.source}> ${event.body}`;
  carried.add(from, text);
  try {
    // The same message has the same id after any number of restarts, and its host says it once.
    await to.say(text, idOf(place, event));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    context.terminal.complain(
      `what ${oneLine(event.source)} said was not carried: ${error.message}`,
    );
  }
}

/** Whether this bridge said it, or another one that had it from this bridge: it must not go round. */
function isOfBridge({ source, body }: WechatEvent, own: readonly string[]): boolean {
  if (own.includes(source)) return true;
  let rest = typeof body === 'string' ? body : '';
  for (;;) {
    const [prefix, name] = /^<([^<>]{1,200})> /.exec(rest) ?? [];
    if (prefix === undefined || name === undefined) return false;
    if (own.includes(name)) return true;
    rest = rest.slice(prefix.length);
  }
}

/** Texts that were carried out of a room lately. */
class CarriedTexts {
  readonly #texts = new Map<WechatRoom, Set<string>>();

  add(from: WechatRoom, text: string): void {
    const texts = this.#texts.get(from) ?? new Set();
    this.#texts.set(from, texts.add(text));
    const [oldest] = texts;
    if (texts.size > CARRIED_MAX && oldest !== undefined) texts.delete(oldest);
  }

  /** Whether this text was carried out of that room. */
  has(from: WechatRoom, text: string): boolean {
    return this.#texts.get(from)?.has(text) ?? false;
  }
}

function roomAt(url: string): WechatPlace & Readonly<{ channel: string }> {
  const place = parseWechatUrl(url);
  const { channel } = place;
  if (channel !== undefined) return { ...place, channel };
  throw new CommandError('usage', `a bridge needs a room at each end, like ${url}/chats/lobby`);
}

function idOf(place: string, { seqnr }: WechatEvent): string {
  const { origin, channel } = roomAt(place);
  const digest = createHash('sha256').update(`${origin} ${channel} ${seqnr}`).digest('base64url');
  return digest.slice(0, ID_LENGTH);
}

function label({ channel }: WechatRoom): string {
  return oneLine(channel);
}

function isStopped(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
