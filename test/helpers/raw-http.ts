import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** An answer as it came over the wire. */
export type RawAnswer = Readonly<{ status: number; head: string; body: string }>;

/** Opens a bare connection that ends with the test. */
export async function openRaw(
  t: ExecutionContext,
  port: number,
  /** Source host; another loopback host is another caller. */
  from = '127.0.0.1',
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  t.teardown(() => socket.destroy());
  // Tests provoke hard ends; how the connection ends is looked at where it matters.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes as they are and reads until the other side closes. */
export async function sendRaw(
  t: ExecutionContext,
  port: number,
  bytes: string | Buffer,
): Promise<RawAnswer> {
  const socket = await openRaw(t, port);
  socket.write(bytes);
  return readAnswer(socket);
}

/** Reads until the other side closes. */
export async function readAnswer(socket: Socket): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  await closed(socket);
  const answer = Buffer.concat(chunks).toString('utf8');
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
    head,
    body: rest.join('\r\n\r\n'),
  };
}

/** Resolves when a connection is closed, in whatever way. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}

/** A request's text: a request line, headers, nothing more than what is given. */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** Sends a body of chunks that has no end, as fast as it is taken, until the connection is cut. */
export async function pourChunks(socket: Socket): Promise<void> {
  const closing = closed(socket);
  socket.write(rawRequest('POST / HTTP/1.1', ['Host: x', 'Transfer-Encoding: chunked']));
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const pump = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', pump);
  pump();
  await closing;
}
