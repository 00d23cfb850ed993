/**
 * What to compare fan-out with: the same protocol as far as a sender and receivers by batches need it, on `node:http`
 * alone. One room in memory, a group commit, answers made once and shared. No sessions, no checks, no names, no limits.
 *
 * Argument: the file to append to.
 */
import fs from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';

const [, , path = ''] = process.argv;
const write = promisify<number, Buffer, unknown>(fs.write);
const fdatasync = promisify(fs.fdatasync);
const fd = fs.openSync(path, 'a');

/** Events as JSON; number `n` at `n - 1`. */
const events: string[] = [];
const waiting = new Set<() => void>();
let batch: { from: number; to: number; bytes: Buffer } = { from: 0, to: 0, bytes: Buffer.alloc(0) };
let lines: string[] = [];
let committing: Promise<void> | undefined;

function append(text: string): Promise<void> {
  lines.push(text);
  committing ??= commit();
  return committing;
}

async function commit(): Promise<void> {
  await nextTurn();
  const texts = lines;
  lines = [];
  committing = undefined;
  await write(fd, Buffer.from(`${texts.join('\n')}\n`));
  await fdatasync(fd);
  for (const body of texts) {
    const seqnr = events.length + 1;
    events.push(`{"seqnr":${seqnr},"type":"MSG","source":"sender","body":${body}}`);
  }
  for (const wake of waiting) wake();
  waiting.clear();
}

function bytesFrom(from: number): Buffer {
  const to = Math.min(events.length, from + 1000);
  if (batch.from !== from || batch.to !== to) {
    batch = { from, to, bytes: Buffer.from(`[${events.slice(from, to).join(',')}]`) };
  }
  return batch.bytes;
}

const cursors = new Map<string, number>();

function answerEvents(session: string, response: ServerResponse): void {
  const from = cursors.get(session) ?? events.length;
  cursors.set(session, from);
  if (from === events.length) {
    waiting.add(() => answerEvents(session, response));
    return;
  }
  const bytes = bytesFrom(from);
  cursors.set(session, Math.min(events.length, from + 1000));
  response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
}

async function answerMessage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  await append(Buffer.concat(chunks).toString('utf8'));
  response.writeHead(200, { 'content-length': 4 }).end('true');
}

let sessions = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    answerEvents(String(request.headers['session']), response);
  } else if (request.url?.includes('/join/') === true) {
    response.writeHead(200, { session: String(++sessions), 'content-length': 2 }).end('[]');
  } else {
    void answerMessage(request, response);
  }
});
server.maxRequestsPerSocket = 0;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}/\nready`);
});
