/**
 * What to compare with: the same way of a message with the same libraries and nothing else. koa takes a message, a
 * group commit makes it durable, one POST a message brings it to the other side, which does the same and pushes it to
 * its WebSockets. No checks, no retries, no index, no states.
 *
 * Arguments: what answers HTTP (`koa`, or `http` for the bare server of Node), the file to append to, and for the sending
 * side the URL of the other one and `batches`, if what waits is to go in one POST after the other, as much as we put in one.
 */
import fs from 'node:fs';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import Koa from 'koa';
import { WebSocketServer } from 'ws';

/** As in a bundle of ours. */
const MESSAGES_PER_POST_MAX = 200;

const [, , front = 'koa', path = '', peerUrl, way] = process.argv;
const write = promisify<number, Buffer, unknown>(fs.write);
const fdatasync = promisify(fs.fdatasync);
const fd = fs.openSync(path, 'a');
const agent = new Agent({ keepAlive: true, noDelay: true, maxSockets: 64 });
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

/** Only with `batches`. */
const waiting: string[] = [];
let isForwarding = false;
let lines: string[] = [];
let committing: Promise<void> | undefined;

/** Resolves when the text is on the disk; all that comes in one turn shares a write and a sync. */
function append(text: string): Promise<void> {
  lines.push(`${text}\n`);
  committing ??= commit();
  return committing;
}

async function commit(): Promise<void> {
  await nextTurn();
  const batch = Buffer.from(lines.join(''));
  lines = [];
  committing = undefined;
  await write(fd, batch);
  await fdatasync(fd);
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function forward(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent }, (incoming) => incoming.resume().on('end', resolve))
      .on('error', reject)
      .end(body);
  });
}

async function forwardAll(url: string): Promise<void> {
  if (isForwarding) return;
  isForwarding = true;
  while (waiting.length > 0) {
    await forward(url, `[${waiting.splice(0, MESSAGES_PER_POST_MAX).join(',')}]`);
  }
  isForwarding = false;
}

function push(message: string): void {
  const change = { type: 'emit', args: { direction: 'in', message } };
  const content = { topic_name: '_vestnik/messages', change };
  const frame = JSON.stringify({ type: 'update', content });
  for (const socket of sockets.clients) socket.send(frame);
}

type Message = Readonly<{ message: string }>;

/** Keeps a message or several, and sends them on or shows them. */
async function take(incoming: IncomingMessage): Promise<void> {
  const body = await readText(incoming);
  const messages = [JSON.parse(body) as Message | Message[]].flat();
  await append(body);
  if (peerUrl === undefined) {
    for (const { message } of messages) push(message);
  } else {
    if (way === 'batches') waiting.push(body);
    const leaving = way === 'batches' ? forwardAll(peerUrl) : forward(peerUrl, body);
    leaving.catch((error: unknown) => console.error(error));
  }
}

function koaFront() {
  const app = new Koa();
  app.use(async (ctx) => {
    await take(ctx.req);
    ctx.body = { status: 1 };
  });
  return app.callback();
}

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  await take(incoming);
  response.end('{"status":1}');
}

const handle = front === 'koa' ? koaFront() : answer;
// Who stood still must not cut off those who waited: nothing is sent again here.
const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
const server = createServer({ noDelay: true, ...patience }, (incoming, response) => {
  void handle(incoming, response);
});
server.on('upgrade', (incoming, socket, head) => {
  sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
    // The answer to a subscription, so that the same client fits.
    webSocket.once('message', () => push(''));
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\nready`);
});
