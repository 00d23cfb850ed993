/**
 * The client library for Node, which has no WebSocket of its own before version 22, and can send headers.
 *
 * Source: docs/client.md.
 */
import { WebSocket } from 'ws';
import type { OpenSocket } from '../client/sockets.ts';
import {
  startTopics,
  startTurntable,
  type ConnectOptions,
  type TurntableOptions,
} from '../client/start.ts';
import type { TopicConnection } from '../client/topic-connection.ts';
import type { TurntableConnection } from '../client/turntable-connection.ts';

export { ClientError } from '../client/errors.ts';
export { movePlace } from '../client/parts.ts';

/** A daemon that does not answer within this is not there. */
const HANDSHAKE_MAX_MS = 20_000;

/** As in a browser; the token goes along as a header. */
export function connect(options: ConnectOptions): TopicConnection {
  return startTopics(options, openNodeSocket);
}

/** As in a browser. */
export function connectTurntable(options: TurntableOptions): TurntableConnection {
  return startTurntable(options, openNodeSocket);
}

const openNodeSocket: OpenSocket = ({ url, protocols, token }, events) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(url, [...protocols], {
    headers,
    handshakeTimeout: HANDSHAKE_MAX_MS,
  });
  let status: number | undefined;
  socket
    .on('open', () => events.onOpen())
    .on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) events.onText(data.toString('utf8'));
    })
    .on('unexpected-response', (_, { statusCode }) => {
      status = statusCode;
      socket.terminate();
    })
    .on('close', (code) => events.onClose(code, status))
    // What it is does not matter: 'close' follows.
    .on('error', () => undefined);
  return { send: (text) => socket.send(text), close: () => socket.close() };
};
