/** A connection that is made again whenever it breaks. */
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import { Listeners } from './listeners.ts';
import { Pace } from './pace.ts';
import type { ClientSocket, OpenSocket, SocketEvents, SocketRequest } from './sockets.ts';

const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 20_000;
/** After so many attempts in a row it is no hiccup any more: nobody is there. */
const ATTEMPTS_BEFORE_STOPPED = 4;
/** WebSocket close code of an endpoint that is going away. Source: RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;
/** HTTP status of a daemon that does not know us; no attempt will be better. */
const UNAUTHORIZED = 401;

/**
 * How a connection is. `reconnecting` is a hiccup, `stopped` means that nobody is there; both go on trying, next at `nextAt`
 * (milliseconds since 1970). `refused` does not: the daemon does not know us.
 */
export type ConnectionState = Readonly<
  | { state: 'connecting' }
  | { state: 'connected' }
  | { state: 'reconnecting'; attempt: number; nextAt: number }
  | { state: 'stopped'; attempt: number; nextAt: number }
  | { state: 'refused' }
  | { state: 'closed' }
>;

export type LineOptions = Readonly<{
  /**
   * Where to connect to; asked before each attempt.
   *
   * @throws {ClientError} `unauthorized`: no further attempt is made. Anything else: another one is, later.
   */
  request: () => Promise<SocketRequest>;
  openSocket: OpenSocket;
  clock: Clock;
  onOpen: () => void;
  onText: (text: string) => void;
  /** A connection that was open is no more. */
  onLost: () => void;
}>;

export class Line {
  readonly #options: LineOptions;
  readonly #listeners = new Listeners<[ConnectionState]>();
  readonly #pace: Pace;
  #state: ConnectionState = { state: 'connecting' };
  /** That of the latest attempt, and it again once it is open. */
  #opening: ClientSocket | undefined;
  #socket: ClientSocket | undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  #hasConnected = false;
  // Every start and stop begins a new life; what belongs to an older one is not heard any more.
  #life = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, (text) => this.#socket?.send(text));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** @returns What takes the listener away again. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.add(listener);
  }

  start(): void {
    this.#end();
    this.#failures = 0;
    this.#enter({ state: 'connecting' });
    void this.#connect();
  }

  stop(): void {
    this.#end();
    this.#enter({ state: 'closed' });
  }

  /** No attempt will be better. */
  refuse(): void {
    this.#end();
    this.#enter({ state: 'refused' });
  }

  /** Does not wait for the next attempt any longer. */
  retryNow(): void {
    if (this.#cancelRetry === undefined) return;
    this.#cancelRetry();
    void this.#connect();
  }

  /** Whether there is a connection, even if nobody has been told so yet. */
  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends a text if there is a connection, within what the daemon takes. */
  send(text: string): void {
    if (this.isOpen) this.#pace.send(text);
  }

  async #connect(): Promise<void> {
    this.#cancelRetry = undefined;
    const ours = this.#life;
    try {
      const request = await this.#options.request();
      if (ours === this.#life) this.#open(request, ours);
    } catch (error) {
      if (ours !== this.#life) return;
      if (error instanceof ClientError && error.code === 'unauthorized') this.refuse();
      else this.#retryLater(false);
    }
  }

  #open(request: SocketRequest, ours: number): void {
    const whileOurs =
      <Event extends readonly unknown[]>(hear: (...event: Event) => void) =>
      (...event: Event): void => {
        if (ours === this.#life) hear(...event);
      };
    const events: SocketEvents = {
      onOpen: whileOurs(() => this.#opened()),
      onText: whileOurs(this.#options.onText),
      onClose: whileOurs((code, status) => this.#closed(code, status)),
    };
    this.#opening = this.#options.openSocket(request, events);
  }

  #opened(): void {
    this.#socket = this.#opening;
    this.#failures = 0;
    this.#hasConnected = true;
    const ours = this.#life;
    this.#options.onOpen();
    if (ours === this.#life) this.#enter({ state: 'connected' });
  }

  #closed(code: number, status: number | undefined): void {
    this.#lose();
    if (status === UNAUTHORIZED) this.refuse();
    else this.#retryLater(code === GOING_AWAY);
  }

  #retryLater(hasStopped: boolean): void {
    this.#failures += 1;
    // Whoever was never there did not just drop the line.
    const isAway = hasStopped || !this.#hasConnected || this.#failures >= ATTEMPTS_BEFORE_STOPPED;
    const { clock } = this.#options;
    const delayMs = reconnectDelayMs(this.#failures, clock.fraction);
    this.#cancelRetry = clock.after(delayMs, () => void this.#connect());
    this.#enter({
      state: isAway ? 'stopped' : 'reconnecting',
      attempt: this.#failures,
      nextAt: clock.nowMs() + delayMs,
    });
  }

  #lose(): void {
    if (this.#socket === undefined) return;
    this.#socket = undefined;
    this.#pace.clear();
    this.#options.onLost();
  }

  #end(): void {
    this.#life += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const socket = this.#opening;
    this.#opening = undefined;
    this.#lose();
    socket?.close();
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#listeners.tell(state);
  }
}

/**
 * How long to wait before the next attempt, in milliseconds: doubling, with equal jitter, so that many clients do
 * not come back at the same moment.
 *
 * @param attempt  Attempts that failed in a row, 1 or more.
 * @param fraction Source of jitter in [0, 1).
 */
export function reconnectDelayMs(attempt: number, fraction: () => number): number {
  const ceilingMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** (attempt - 1));
  return Math.round(ceilingMs * (0.5 + fraction() / 2));
}
