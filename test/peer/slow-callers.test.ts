import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { openRaw, rawRequest } from '../helpers/raw-http.ts';
import {
  CAROLS_KEY,
  postAsBob,
  sendBody,
  startPeerWorld,
  type PeerWorld,
} from '../helpers/peer-world.ts';

/** A fifth and less of the real limits. */
const TIMEOUTS = { headersMs: 1_000, requestMs: 2_000, checkMs: 100 } as const;
const CALLERS = 60;
const BYTE_MS = 100;
/** Between two pings of a contact: without a pause, they alone would keep the processor busy. */
const PING_PAUSE_MS = 20;
const PING = '{"action":"ping"}';

/** What a caller sends at once, and what it goes on with, byte by byte. */
const SLOW: Readonly<Record<string, readonly [first: string, then: string]>> = {
  'says nothing': ['', ''],
  'drips its head': ['', rawRequest('POST / HTTP/1.1', ['Host: x', `X: ${'x'.repeat(5_000)}`])],
  'drips its body': [
    rawRequest('POST / HTTP/1.1', ['Host: x', 'Content-Length: 4000']),
    'x'.repeat(4_000),
  ],
  'drips its chunks': [
    rawRequest('POST / HTTP/1.1', ['Host: x', 'Transfer-Encoding: chunked']),
    '1\r\nx\r\n'.repeat(500),
  ],
};

/**
 * A caller that goes on until it is cut off.
 *
 * @returns How many times it could have said a byte by then. A busy machine holds that clock back as it does the
 *          listener's, so that it is fair where seconds would not be.
 */
async function drip(
  t: ExecutionContext,
  { port }: PeerWorld,
  first: string,
  then: string,
): Promise<number> {
  const socket = await openRaw(t, port);
  if (first !== '') socket.write(first);
  let ticks = 0;
  const timer = setInterval(() => {
    if (ticks < then.length && socket.writable) socket.write(then.charAt(ticks));
    ticks += 1;
  }, BYTE_MS);
  await cut(socket);
  clearInterval(timer);
  return ticks;
}

/** Resolves when the other side has ended a connection, read or not. */
function cut(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    socket.once('end', () => {
      resolve();
    });
    socket.once('close', () => {
      resolve();
    });
  });
}

for (const [what, [first, then]] of Object.entries(SLOW)) {
  test.serial(
    `row 23: whoever ${what} is cut off in time, and contacts are heard meanwhile`,
    async (t) => {
      const world = await startPeerWorld(t, { timeouts: TIMEOUTS });
      const over = new AbortController();
      const beginMs = performance.now();

      const slow = Promise.all(Array.from({ length: CALLERS }, () => drip(t, world, first, then)));
      const ending = slow.finally(() => over.abort());
      const latenciesMs: number[] = [];
      while (!over.signal.aborted) {
        const startMs = performance.now();
        t.is((await postAsBob(world, { body: PING })).status, 200);
        latenciesMs.push(performance.now() - startMs);
        await new Promise((resolve) => setTimeout(resolve, PING_PAUSE_MS));
      }

      const mostTicks = Math.max(...(await ending));
      const limitTicks = (TIMEOUTS.requestMs + TIMEOUTS.checkMs) / BYTE_MS;
      t.true(mostTicks < limitTicks * 2, `${mostTicks} ticks`);
      // One who waited for the slow would be heard when they are gone. Of so few, the worst says more about what else
      // runs here; the long form looks at that, and at the half second that row 23 allows.
      const medianMs = latenciesMs.sort((one, other) => one - other)[latenciesMs.length >> 1] ?? 0;
      const meanwhileMs = performance.now() - beginMs;
      t.true(medianMs < meanwhileMs / 4, `${medianMs} ms of ${meanwhileMs}`);
      t.deepEqual(world.defects, []);
    },
  );
}

test.serial(
  'row 23: who does not read its answers gets a thousand of them, and then no more',
  async (t) => {
    const world = await startPeerWorld(t);
    const socket = await openRaw(t, world.port);
    socket.pause();
    const body = sendBody(CAROLS_KEY);
    const request = rawRequest(
      'POST / HTTP/1.1',
      ['Host: x', `Content-Length: ${body.length}`],
      body,
    );

    socket.write(request.repeat(1_500));
    t.is((await postAsBob(world, { body: PING })).status, 200);
    await tells(socket, 'HTTP/1.1 503');

    t.is(world.taken.messages.length, 1_000);
  },
);

/** Reads on until a text comes. */
function tells(socket: Socket, text: string): Promise<void> {
  let heard = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (heard.includes(text)) resolve();
    });
    socket.resume();
  });
}
