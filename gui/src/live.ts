/**
 * The live connection: one WebSocket with the topic protocol on it, made again whenever it breaks.
 *
 * Source: docs/gui-api.md#live-updates, docs/topics.md.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { TopicType } from '../../daemon/wire/topic.ts';
import { ApiError } from './api.ts';
import type { Clock } from './clock.ts';
import {
  decodeServerFrame,
  encodeSubscribe,
  encodeUnsubscribe,
  encodeUpdate,
  type ServerFrame,
  type TopicChange,
} from './topic-frames.ts';

const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 20_000;
/** After so many attempts in a row it is no hiccup any more: nobody is there. */
const ATTEMPTS_BEFORE_STOPPED = 4;
/** WebSocket close code of an endpoint that is going away. Source: RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;

/** How we are connected with our daemon. `nextAt` in milliseconds since 1970. */
export type Connection = Readonly<
  | { state: 'connecting' }
  | { state: 'connected' }
  | { state: 'reconnecting'; attempt: number; nextAt: number }
  | { state: 'stopped'; attempt: number; nextAt: number }
  | { state: 'logged_out' }
>;

/** What we use of a WebSocket. */
export type LiveSocket = Pick<WebSocket, 'send' | 'close' | 'addEventListener'>;

export type Subscription = Readonly<{
  /** Sends a change; lost when the connection is away, as the next `set` of the topic will tell. */
  change: (change: TopicChange) => boolean;
  unsubscribe: () => void;
}>;

export type TopicHandler = Readonly<{
  onChange: (change: TopicChange) => void;
  /** The daemon refused a change of ours. */
  onReject?: (changeId: string | undefined) => void;
}>;

export type LiveOptions = Readonly<{
  /** @throws {ApiError} */
  requestTicket: () => Promise<string>;
  openSocket: (ticket: string) => LiveSocket;
  clock: Clock;
}>;

export type Live = Readonly<{
  connection: ReadonlySignal<Connection>;
  start: () => void;
  stop: () => void;
  /** Does not wait for the next attempt any longer. */
  retryNow: () => void;
  /** A topic has one subscriber at most. Holds over reconnections; each brings the current value again. */
  subscribe: (topic: string, type: TopicType, handler: TopicHandler) => Subscription;
  /** Calls back at every connection, the first included. */
  onConnected: (callback: () => void) => void;
}>;

type Topic = Readonly<{ type: TopicType; handler: TopicHandler }>;

/** A live connection that is not started yet. */
export function createLive({ requestTicket, openSocket, clock }: LiveOptions): Live {
  const connection = signal<Connection>({ state: 'connecting' });
  const topics = new Map<string, Topic>();
  const connectedCallbacks: (() => void)[] = [];
  let socket: LiveSocket | undefined;
  let cancelRetry: (() => void) | undefined;
  let failures = 0;
  let hasConnected = false;
  // Every start and stop begins a new life; what belongs to an older one is not heard any more.
  let life = 0;

  async function connect(): Promise<void> {
    const ours = life;
    cancelRetry = undefined;
    let ticket: string;
    try {
      ticket = await requestTicket();
    } catch (error) {
      if (ours !== life) return;
      if (error instanceof ApiError && error.code === 'unauthorized') logOut();
      else retryLater(false);
      return;
    }
    if (ours === life) listen(openSocket(ticket), ours);
  }

  function listen(opening: LiveSocket, ours: number): void {
    opening.addEventListener('open', () => {
      if (ours !== life) {
        opening.close();
        return;
      }
      socket = opening;
      failures = 0;
      hasConnected = true;
      for (const [name, { type }] of topics) opening.send(encodeSubscribe(name, type));
      connection.value = { state: 'connected' };
      for (const callback of connectedCallbacks) callback();
    });
    opening.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const frame = typeof data === 'string' ? decodeServerFrame(data) : undefined;
      if (frame !== undefined && ours === life) hear(frame);
    });
    opening.addEventListener('close', ({ code }: CloseEvent) => {
      if (ours !== life) return;
      socket = undefined;
      retryLater(code === GOING_AWAY);
    });
  }

  function hear(frame: ServerFrame): void {
    const handler = topics.get(frame.topic)?.handler;
    if (frame.type === 'update') handler?.onChange(frame.change);
    else handler?.onReject?.(frame.changeId);
  }

  function logOut(): void {
    stop();
    connection.value = { state: 'logged_out' };
  }

  function retryLater(hasStopped: boolean): void {
    failures += 1;
    // Whoever was never there did not just drop the line.
    const isAway = hasStopped || !hasConnected || failures >= ATTEMPTS_BEFORE_STOPPED;
    const delayMs = reconnectDelayMs(failures, clock.fraction);
    connection.value = {
      state: isAway ? 'stopped' : 'reconnecting',
      attempt: failures,
      nextAt: clock.nowMs() + delayMs,
    };
    cancelRetry = clock.after(delayMs, () => void connect());
  }

  function stop(): void {
    life += 1;
    cancelRetry?.();
    cancelRetry = undefined;
    socket?.close();
    socket = undefined;
  }

  return {
    connection,
    start: () => {
      stop();
      failures = 0;
      connection.value = { state: 'connecting' };
      void connect();
    },
    stop,
    retryNow: () => {
      if (cancelRetry === undefined) return;
      cancelRetry();
      void connect();
    },
    subscribe: (name, type, handler) => {
      topics.set(name, { type, handler });
      socket?.send(encodeSubscribe(name, type));
      return {
        change: (change) => {
          socket?.send(encodeUpdate(name, change));
          return socket !== undefined;
        },
        unsubscribe: () => {
          if (topics.get(name)?.handler !== handler) return;
          topics.delete(name);
          socket?.send(encodeUnsubscribe(name));
        },
      };
    },
    onConnected: (callback) => {
      connectedCallbacks.push(callback);
    },
  };
}

/**
 * How long to wait before the next attempt, in milliseconds: doubling, with equal jitter, so that many tabs do
 * not come back at the same moment.
 *
 * @param attempt  Attempts that failed in a row, 1 or more.
 * @param fraction Source of jitter in [0, 1).
 */
export function reconnectDelayMs(attempt: number, fraction: () => number): number {
  const ceilingMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** (attempt - 1));
  return Math.round(ceilingMs * (0.5 + fraction() / 2));
}
