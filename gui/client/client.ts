/**
 * The client library: topics, services, presence and games of a vestnik daemon, from a browser or anything else that has a
 * global `WebSocket`. Node finds `gui/client-node/client.ts` under the same name.
 *
 * Source: docs/client.md.
 */
import { ClientError } from './errors.ts';
import { parseFields } from './fields.ts';
import { openWebSocket } from './sockets.ts';
import {
  startTopics,
  startTurntable,
  type ConnectOptions,
  type TurntableOptions,
} from './start.ts';
import type { TopicConnection } from './topic-connection.ts';
import type { TurntableConnection } from './turntable-connection.ts';

export type { JsonObject, JsonValue, TopicType } from '../../daemon/wire/topic-terms.ts';
export type { GameAction, PresenceStatus, TurntableId } from '../../daemon/wire/turntable.ts';
export type { Edit } from '../../daemon/wire/edits.ts';
export type { CallOptions, Provision, ServiceHandler } from './client-services.ts';
export type { Clock } from './clock.ts';
export { ClientError, type ClientErrorCode } from './errors.ts';
export type { Game, GameInvitation } from './game.ts';
export type { ConnectionState } from './line.ts';
export { movePlace } from './parts.ts';
export type {
  DictTopic,
  EventTopic,
  GenericTopic,
  NumberTopic,
  UnorderedTopic,
} from './plain-topic.ts';
export type { Edited, ListTopic, StringTopic, Typing, Unsettled } from './sequence-topic.ts';
export type { OpenSocket } from './sockets.ts';
export type { ConnectOptions, TurntableOptions } from './start.ts';
export type { TopicByType, TopicConnection } from './topic-connection.ts';
export type { TopicChange } from './topic-frames.ts';
export type { TurntableConnection } from './turntable-connection.ts';

/** Connects with the topics of a daemon; comes back by itself whenever the line breaks, until `close`. */
export function connect(options: ConnectOptions): TopicConnection {
  const { url, token } = options;
  const exchange = token === undefined ? undefined : () => exchangeToken(url, token);
  return startTopics({ requestTicket: exchange, ...options }, openWebSocket);
}

/** Connects with the presence and games of a hub; comes back by itself whenever the line breaks, until `close`. */
export function connectTurntable(options: TurntableOptions): TurntableConnection {
  return startTurntable(options, openWebSocket);
}

/**
 * What to offer for a token, which a browser's WebSocket can't send: a ticket of the owner's daemon. A hub has no tickets, and
 * takes a guest's token as one.
 */
async function exchangeToken(url: string, token: string): Promise<string> {
  const target = new URL('/api/ws-ticket', url.replace(/^ws/i, 'http'));
  const headers = { authorization: `Bearer ${token}` };
  // From a page of another origin nothing can be asked; what it may do shows with the WebSocket itself.
  const response = await fetch(target, { method: 'POST', headers }).catch(() => undefined);
  if (response === undefined || response.status === 404) return token;
  if (response.status === 401) throw new ClientError('unauthorized', 'the token is unknown');
  const ticket = parseFields(await response.text())?.['ticket'];
  if (typeof ticket !== 'string') throw new ClientError('internal', 'there was no ticket');
  return ticket;
}
