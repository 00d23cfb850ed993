/**
 * The live connection of the page: that of the client library, as signals and handlers.
 *
 * Source: docs/gui-api.md#live-updates, docs/client.md.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import { ClientError } from '../client/errors.ts';
import type { ConnectionState } from '../client/line.ts';
import type { PlainTopicType } from '../client/plain-values.ts';
import { PlainTopic } from '../client/plain-topic.ts';
import { StringTopic } from '../client/sequence-topic.ts';
import { listenTo, type WebSocketLike } from '../client/sockets.ts';
import { Following } from '../client/following.ts';
import type { TopicChange } from '../client/topic-frames.ts';
import { TICKET_SUBPROTOCOL_PREFIX } from '../../daemon/wire/topic-terms.ts';
import { ApiError } from './api.ts';
import { createId, type Clock } from '../client/clock.ts';

/** How we are connected with our daemon. `refused`: it has logged us out. */
export type Connection = ConnectionState;

/** What we use of a WebSocket. */
export type LiveSocket = WebSocketLike;

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
  subscribe: (topic: string, type: PlainTopicType, handler: TopicHandler) => Subscription;
  /** A text that several browsers may write at once. */
  text: (topic: string) => StringTopic;
  /** Calls back at every connection, the first included. */
  onConnected: (callback: () => void) => void;
}>;

/** A live connection that is not started yet. */
export function createLive({ requestTicket, openSocket, clock }: LiveOptions): Live {
  const client = new Following({
    // Where it leads is the business of who opens the socket.
    ...{ url: '', token: undefined, clock, createId },
    requestTicket: () => requestTicket().catch(translate),
    openSocket: ({ protocols }, events) => listenTo(openSocket(ticketIn(protocols)), events),
  });
  const connection = signal<Connection>(client.state);
  const subscriptions = new Map<string, Subscription>();
  client.onState((state) => {
    connection.value = state;
  });

  function subscribe(name: string, type: PlainTopicType, handler: TopicHandler): Subscription {
    subscriptions.get(name)?.unsubscribe();
    const topic = client.follow(name, type, (line) => new PlainTopic(name, type, line));
    topic.onChange((_, change) => handler.onChange(change));
    const subscription: Subscription = {
      change: (change) => {
        if (client.state.state !== 'connected') return false;
        topic.change(change).catch((error: unknown) => {
          if (error instanceof ClientError && error.code === 'rejected') {
            handler.onReject?.(change.id);
          }
        });
        return true;
      },
      unsubscribe: () => {
        if (subscriptions.get(name) !== subscription) return;
        subscriptions.delete(name);
        topic.close();
      },
    };
    subscriptions.set(name, subscription);
    return subscription;
  }

  return {
    connection,
    start: () => client.start(),
    stop: () => client.stop(),
    retryNow: () => client.retryNow(),
    subscribe,
    text: (name) => client.follow(name, 'string', (line) => new StringTopic(name, line)),
    onConnected: (callback) => {
      client.onState(({ state }) => {
        if (state === 'connected') callback();
      });
    },
  };
}

/** The library stops trying when it hears of this. */
function translate(error: unknown): never {
  if (error instanceof ApiError && error.code === 'unauthorized') {
    throw new ClientError('unauthorized', error.message, { cause: error });
  }
  throw error;
}

function ticketIn(protocols: readonly string[]): string {
  const offered = protocols.find((one) => one.startsWith(TICKET_SUBPROTOCOL_PREFIX)) ?? '';
  return offered.slice(TICKET_SUBPROTOCOL_PREFIX.length);
}
