import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { WebSocketServer, type WebSocket } from 'ws';
import { announceDaemon } from '../../daemon/cli/running-daemon.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A request as it came, its body decoded. */
export type Asked = Readonly<{
  method: string;
  path: string;
  authorization: string | undefined;
  body: unknown;
}>;

/** Answer to `METHOD path`: a status, a body and headers. */
export type Answers = Readonly<
  Record<
    string,
    readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string>>]
  >
>;

/** A listener that gives fixed answers, known to the command line through its data folder. */
export interface Answering {
  readonly dataFolder: string;
  readonly asked: readonly Asked[];
  /** Resolves with a socket on which a client has subscribed. */
  subscribed(): Promise<WebSocket>;
}

/** Starts it on a port of its own; it ends with the test. */
export async function startAnswering(t: ExecutionContext, answers: Answers): Promise<Answering> {
  const dataFolder = await temporaryFolder(t);
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readRequest(request).then((seen) => {
      asked.push(seen);
      const [status, body, headers] = answers[`${seen.method} ${seen.path}`] ?? [404, NOT_FOUND];
      response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  const sockets = new WebSocketServer({ server, path: '/chatroom' });
  const subscribed = once(sockets, 'connection').then(async ([socket]) => {
    await once(socket as WebSocket, 'ping');
    return socket as WebSocket;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await writeFile(join(dataFolder, 'api-token'), 'owner-token\n');
  await announceDaemon(dataFolder, { gui: `http://127.0.0.1:${port}`, pid: process.pid });
  return { dataFolder, asked, subscribed: () => subscribed };
}

const NOT_FOUND = { error: { code: 'not_found', message: 'there is no such thing' } };

async function readRequest(request: IncomingMessage): Promise<Asked> {
  const body = await text(request);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    authorization: request.headers.authorization,
    body: body === '' ? undefined : (JSON.parse(body) as unknown),
  };
}
