/**
 * The client library for Node, which has no WebSocket of its own before version 22, and can send headers.
 *
 * Source: docs/client.md.
 */
import {
  startTopics,
  startTurntable,
  type ConnectOptions,
  type TurntableOptions,
} from '../client/start.ts';
import type { TopicConnection } from '../client/topic-connection.ts';
import type { TurntableConnection } from '../client/turntable-connection.ts';
import { openNodeSocket } from './open-node-socket.ts';

export { ClientError } from '../client/errors.ts';
export { movePlace } from '../client/parts.ts';

/** As in a browser; the token goes along as a header. */
export function connect(options: ConnectOptions): TopicConnection {
  return startTopics(options, openNodeSocket);
}

/** As in a browser. */
export function connectTurntable(options: TurntableOptions): TurntableConnection {
  return startTurntable(options, openNodeSocket);
}
