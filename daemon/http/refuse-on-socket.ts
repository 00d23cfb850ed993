import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { RAW_SECURITY_HEADERS } from './security-headers.ts';

/** Answers on a bare socket, without a body, and closes it: for what no application gets to see. */
export function refuseOnSocket(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // Whoever went away in the middle of the answer does not need it.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n` +
      `${RAW_SECURITY_HEADERS}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}
