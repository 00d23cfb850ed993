import { setTimeout as pause } from 'node:timers/promises';
import {
  encodeHeaderText,
  ID_HEADER,
  INVITE_HEADER,
  SEQNR_HEADER,
  SESSION_HEADER,
  SOURCE_HEADER,
  TYPE_HEADER,
  WAIT_MAX_S,
  type WechatEvent,
} from '../wire/wechat.ts';
import { CommandError } from './command-error.ts';
import { isPassing, movedTo, readEvents, readUsers, refusalOf } from './wechat-answers.ts';
import { askWechat, type WechatAnswer } from './wechat-exchange.ts';

const BATCH_EVENTS = 100;
/** Between attempts to get back in; doubles. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;
/** How long a name may stay taken by our own former session. */
const TAKEN_RETRIES = 16;
/** A daemon that answers "nothing" sooner than this does not know how to wait, so we do. */
const QUICK_MS = 500;
const POLL_PAUSE_MS = 1000;
/** Daemons that may send us on to another before we are in. */
const MOVES_MAX = 3;

/** What follows from being in a room. */
export type RoomNews =
  | Readonly<{ kind: 'event'; event: WechatEvent }>
  /** We are in; `isAgain` after having been out. */
  | Readonly<{ kind: 'joined'; users: readonly string[]; isAgain: boolean }>
  /** The daemon does not answer, or does not know us any more. */
  | Readonly<{ kind: 'lost'; reason: string }>;

export type WechatRoomOptions = Readonly<{
  origin: string;
  channel: string;
  name: string;
  /** From which event on; `undefined`: what comes after joining. */
  seqnr: number | undefined;
  invite: string | undefined;
  signal: AbortSignal;
}>;

/**
 * Somebody in one room of one daemon, who comes back when either goes away, and misses nothing: after every break it
 * goes on after the last event that it had.
 */
export class WechatRoom {
  readonly channel: string;
  readonly name: string;
  readonly #options: WechatRoomOptions;
  /** Where the room is. */
  #base: string;
  #session: string | undefined;
  /** Number of the next event; `undefined` as long as nobody said one. */
  #next: number | undefined;
  /** The daemon's cursor may not be where ours is. */
  #mustSeek: boolean;
  #hasBeenIn = false;
  #hasLeft = false;
  #joining: Promise<RoomNews> | undefined;
  #wakeSayers: () => void = () => undefined;
  #whenIn = Promise.resolve();

  constructor(options: WechatRoomOptions) {
    const { origin, channel, name, seqnr } = options;
    this.channel = channel;
    this.name = name;
    this.#options = options;
    this.#base = roomUrl(origin, channel);
    this.#next = seqnr;
    this.#mustSeek = seqnr !== undefined;
    this.#beOut();
  }

  /**
   * Joins and stays, until the signal ends it or we leave.
   *
   * @throws {CommandError} `refused`: the room does not want us.
   */
  async *follow(): AsyncGenerator<RoomNews> {
    const { signal } = this.#options;
    const isOver = (): boolean => signal.aborted || this.#hasLeft;
    let failures = 0;
    while (!isOver()) {
      try {
        if (this.#session === undefined) yield await this.#joinOnce();
        for (const event of await this.#poll()) {
          this.#next = event.seqnr + 1;
          yield { kind: 'event', event };
        }
        failures = 0;
      } catch (error) {
        if (isOver()) return;
        if (!this.#canRetry(error, failures)) throw error;
        if (failures === 0 && !(error instanceof SessionEnded)) {
          yield { kind: 'lost', reason: error instanceof Error ? error.message : String(error) };
        }
        this.#mustSeek = this.#next !== undefined;
        await rest(error instanceof SessionEnded ? 0 : retryMs(failures++), signal);
      }
    }
  }

  /**
   * Says something, and keeps trying while the daemon is away.
   *
   * @param id Makes a repeat harmless.
   * @throws {CommandError} `refused`: it will never be taken.
   */
  async say(text: string, id: string): Promise<void> {
    const { signal } = this.#options;
    let failures = 0;
    for (;;) {
      await this.#whenIn;
      signal.throwIfAborted();
      const status = await this.#trySaying(text, id).catch((error: unknown) => {
        if (error instanceof CommandError || signal.aborted) throw error;
        return 0;
      });
      if (status === 200) return;
      // 401 is answered by joining again, which is under way.
      await rest(retryMs(status === 401 ? 0 : failures++), signal);
    }
  }

  /** Resolves when we are in, or when it is over. */
  get arrival(): Promise<void> {
    return this.#whenIn;
  }

  /** Who is in the room. @throws {CommandError} `refused`. */
  async users(): Promise<readonly string[]> {
    await this.#whenIn;
    const answer = await this.#ask('GET', '/directory');
    if (answer.status !== 200) throw refusalOf(answer);
    return readUsers(answer);
  }

  /** Leaves, if we are in, and does not come back. */
  async leave(signal: AbortSignal): Promise<void> {
    this.#hasLeft = true;
    // Whoever is about to be in would otherwise stay.
    await this.#joining?.catch(() => undefined);
    if (this.#session === undefined) return;
    const headers = { [SESSION_HEADER]: this.#session };
    await askWechat({ method: 'PUT', url: `${this.#base}/leave/`, headers, signal });
    this.#beOut();
  }

  #joinOnce(): Promise<RoomNews> {
    this.#joining = this.#join().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #join(): Promise<RoomNews> {
    const { name } = this.#options;
    const answer = await this.#askToJoin();
    const session = answer.headers[SESSION_HEADER];
    if (answer.status === 409) throw new NameTaken(name, this.channel);
    if (answer.status !== 200 || typeof session !== 'string') throw refusalOf(answer);
    const isAgain = this.#hasBeenIn;
    this.#hasBeenIn = true;
    this.#session = session;
    this.#wakeSayers();
    const seqnr = Number(answer.headers[SEQNR_HEADER]);
    if (Number.isSafeInteger(seqnr)) this.#next ??= seqnr + 1;
    return { kind: 'joined', users: readUsers(answer), isAgain };
  }

  /** Asks where the room was last, and goes where the daemons of a cluster send us. */
  async #askToJoin(): Promise<WechatAnswer> {
    const { invite, name } = this.#options;
    const headers: Record<string, string> = invite === undefined ? {} : { [INVITE_HEADER]: invite };
    for (let moves = 0; ; moves++) {
      const answer = await this.#ask('PUT', `/join/${encodeURIComponent(name)}`, { headers });
      const origin = movedTo(answer, this.#base);
      if (origin === undefined || moves === MOVES_MAX) return answer;
      this.#base = roomUrl(origin, this.channel);
    }
  }

  async #poll(): Promise<readonly WechatEvent[]> {
    const beganMs = performance.now();
    const place = this.#mustSeek && this.#next !== undefined ? `/${this.#next}` : '';
    const answer = await this.#ask(
      'GET',
      `/events${place}?wait=${WAIT_MAX_S}&batch=${BATCH_EVENTS}`,
    );
    if (answer.status === 401) this.#beOut();
    if (answer.status === 401) throw new SessionEnded();
    if (answer.status !== 200 && answer.status !== 204) throw refusalOf(answer);
    this.#mustSeek = false;
    if (answer.status === 200) return readEvents(answer);
    const isQuick = performance.now() - beganMs < QUICK_MS;
    if (isQuick) await rest(POLL_PAUSE_MS, this.#options.signal);
    return [];
  }

  async #trySaying(text: string, id: string): Promise<number> {
    const answer = await this.#ask('PUT', '/messages', {
      headers: {
        [TYPE_HEADER]: 'MSG',
        [SOURCE_HEADER]: encodeHeaderText(this.name),
        [ID_HEADER]: id,
      },
      body: JSON.stringify(text),
    });
    if (isPassing(answer.status)) return answer.status;
    if (answer.status !== 200) throw refusalOf(answer);
    return 200;
  }

  #ask(
    method: 'GET' | 'PUT',
    path: string,
    { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
  ): Promise<WechatAnswer> {
    const session = this.#session === undefined ? {} : { [SESSION_HEADER]: this.#session };
    return askWechat({
      ...{ method, url: this.#base + path, signal: this.#options.signal },
      headers: { ...headers, ...session },
      ...(body === undefined ? {} : { body }),
    });
  }

  #beOut(): void {
    this.#session = undefined;
    this.#whenIn = new Promise((resolve) => {
      this.#wakeSayers = resolve;
    });
    this.#options.signal.addEventListener('abort', () => this.#wakeSayers(), { once: true });
  }

  /** Before we were in, a refusal is an answer; afterwards it may pass. */
  #canRetry(error: unknown, failures: number): boolean {
    if (error instanceof NameTaken) return this.#hasBeenIn && failures < TAKEN_RETRIES;
    if (error instanceof CommandError) return false;
    return this.#hasBeenIn || error instanceof SessionEnded;
  }
}

/** The daemon does not know our session any more. */
class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

class NameTaken extends CommandError {
  constructor(name: string, channel: string) {
    super('refused', `somebody in ${channel} has the name ${name} already`);
  }
}

function roomUrl(origin: string, channel: string): string {
  return `${origin}/chats/${encodeURIComponent(channel)}`;
}

function retryMs(failures: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures);
}

/** Waits, unless it is over before. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
