import { WebSocket } from 'ws';
import type { OpenSocket } from '../client/sockets.ts';

/** A daemon that does not answer within this is not there. */
const HANDSHAKE_MAX_MS = 20_000;

/** With the library `ws`: the token goes along as a header. */
export const openNodeSocket: OpenSocket = ({ url, protocols, token }, events) => {
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
