import { Agent, request } from 'node:http';
import test from 'ava';
import fc from 'fast-check';
import { startHub } from '../helpers/hub-world.ts';
import { urlPath, urlSegment } from '../helpers/url-words.ts';

/** Row 22: so many a commit. */
const CASES = 20_000;
/** Requests that are under way at the same time. */
const AT_ONCE = 50;
const SEED = 20_261_121;

const name = fc.oneof(
  fc.constantFrom('lobby', 'tea', 'ringo', 'events', 'join', '..', '%', '%2f', '%ff', '1', '0'),
  fc.string({ unit: 'grapheme', maxLength: 70 }).map(encodeURIComponent),
  urlSegment,
);
const tail = fc.constantFrom(
  '',
  '/',
  '?wait=0',
  '?batch=1',
  '?batch=1e9',
  '?since=-1',
  '?since=2&x',
);
const path = fc.oneof(
  fc.tuple(name, name, tail).map(([room, user, end]) => `/chats/${room}/join/${user}${end}`),
  fc
    .tuple(name, fc.constantFrom('events', 'directory', 'messages', 'leave', '1', '99'), tail)
    .map(([room, call, end]) => `/chats/${room}/${call}${end}`),
  fc.tuple(name, name, tail).map(([room, seqnr, end]) => `/chats/${room}/events/${seqnr}${end}`),
  urlPath.map((one) => `/${one}`),
);
const headers = fc.dictionary(
  fc.constantFrom('seqnr', 'type', 'source', 'id', 'invite', 'content-type', 'content-encoding'),
  fc.oneof(
    fc.constantFrom('1', '-1', 'MSG', 'DIR', 'identity', 'gzip', 'application/json', '%zz', ''),
    fc.string({ maxLength: 80 }).map((text) => text.replace(/[^\t\x20-\x7e]/g, '?')),
  ),
);
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('"\\ud800"', '"', '""', '['.repeat(100)),
);
const cases = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'PUT', 'GET', 'POST', 'DELETE', 'HEAD', 'PATCH'),
  path,
  headers,
  body,
  hasSession: fc.boolean(),
});

test('row 22: no request to the hub listener breaks it, whatever it says', async (t) => {
  const { url, hand, rooms, defects } = await startHub(t);
  const session = await hand.join('lobby', 'ringo');
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const broken: unknown[] = [];
  const all = fc.sample(cases, { numRuns: CASES, seed: SEED });

  async function worker(): Promise<void> {
    for (let one = all.pop(); one !== undefined; one = all.pop()) {
      const status = await ask(one);
      // The guest may have left by now; that is no state that a refusal changed.
      if (status >= 500) broken.push([status, one]);
    }
  }
  function ask(one: (typeof all)[number]): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = request(new URL(url), {
        ...{ agent, method: one.method, path: one.path },
        headers: { ...one.headers, ...(one.hasSession ? { session } : {}) },
      });
      asked.once('response', (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      // The daemon may just have closed a connection on which nothing was asked for a while.
      asked.once('error', (error) => {
        if (asked.reusedSocket) resolve(ask(one));
        else reject(error);
      });
      asked.end(one.method === 'GET' || one.method === 'HEAD' ? undefined : one.body);
    });
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  t.deepEqual(broken, []);
  t.deepEqual(defects, []);
  t.true(rooms.list().length <= 1000);
  for (const room of rooms.list()) {
    const events = await rooms.log(room).read(1);
    t.true(events.every(({ seqnr }, index) => seqnr === index + 1));
  }
});
