import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { judgeSlowRequests } from '../../daemon/http/slow-requests.ts';
import { openRaw, rawRequest, readAnswer } from '../helpers/raw-http.ts';

const CHECK_MS = 20;
const LIMIT_MS = 60;

/** Holds this process, and so the server in it, back. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The status for a request that comes right before the server stands still, `phaseMs` after it began to listen. */
async function askBeforeStandstill(t: ExecutionContext, phaseMs: number): Promise<number> {
  const server = createServer(
    {
      headersTimeout: LIMIT_MS,
      requestTimeout: LIMIT_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    (_request, response) => response.end('here'),
  );
  judgeSlowRequests(server, CHECK_MS);
  // Node begins to look only when it listens, so that a timer of ours might come before or after it.
  standStill(CHECK_MS / 2);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());

  await wait(phaseMs);
  const socket = await openRaw(t, (server.address() as AddressInfo).port);
  const answer = readAnswer(socket);
  socket.write(rawRequest('GET / HTTP/1.1', ['Host: x', 'Connection: close']));
  standStill(4 * LIMIT_MS);
  return (await answer).status;
}

test('a request that came while the daemon stood still is not taken for a slow one', async (t) => {
  const statuses: number[] = [];

  for (const phaseMs of [1, 4, 7, 10, 13, 16, 19])
    statuses.push(await askBeforeStandstill(t, phaseMs));

  t.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 200]);
});
