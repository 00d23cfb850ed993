import test from 'ava';
import fc from 'fast-check';
import { contactPath } from '../helpers/api.ts';
import { API_TOKEN, BOB, startGui } from '../helpers/gui-world.ts';

const RUNS = 400;
const SEED = 20_261_120;
const LINK = `vestnik://${BOB}/${'A'.repeat(43)}`;

/** Members that requests know, with values that come close to right. */
const nearlyRight = fc.dictionary(
  fc.constantFrom(
    'address',
    'nick',
    'can_resend',
    'message',
    'messages',
    'id',
    'upTo',
    'ticket',
    'password',
    'settings',
    'fingerprint',
    'confirmed',
    '__proto__',
  ),
  fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(BOB, LINK, 0, 1, -1, 1e308, 'in-1', '', ' ', '\ud800', [
      { message: 'x' },
    ]),
  ),
);
const bodies = fc.oneof(
  nearlyRight.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ unit: 'binary' }),
);
const paths = fc.constantFrom(
  '/api/contacts',
  contactPath(BOB),
  `${contactPath(BOB)}/accept`,
  `${contactPath(BOB)}/block`,
  `${contactPath('203.0.113.8')}/verify`,
  `${contactPath(BOB)}/verify`,
  `${contactPath(BOB)}/safety-number`,
  `${contactPath(BOB)}/plain`,
  `${contactPath(BOB)}/dismiss`,
  '/api/links',
  `/api/conversations/${BOB}/messages`,
  `/api/conversations/${BOB}/messages/x/retry`,
  `/api/conversations/${BOB}/read`,
  '/api/me',
  '/api/login',
  '/api/password',
  '/api/ws-ticket',
  `/api/relay/${BOB}`,
  '/api/sessions/x',
);
const methods = fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE');

test('no request breaks the daemon, whatever it says', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });

  await fc.assert(
    fc.asyncProperty(methods, paths, bodies, async (method, path, body) => {
      const response = await fetch(gui.url + path, {
        method,
        headers: { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body }),
      });
      await response.arrayBuffer();
      return response.status < 500;
    }),
    { numRuns: RUNS, seed: SEED },
  );

  t.deepEqual(gui.defects, []);
  t.is(Reflect.get({}, 'nick'), undefined);
});

test('no query breaks the daemon', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const values = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1', '-1', '1e9', '0x1'));
  const queries = fc.record({ before: values, after: values, limit: values }, { requiredKeys: [] });

  await fc.assert(
    fc.asyncProperty(queries, values, async (query, address) => {
      const fields = new URLSearchParams(query).toString();
      for (const place of [BOB, encodeURIComponent(address)]) {
        const { status } = await gui.api.get(`/api/conversations/${place}/messages?${fields}`);
        if (status >= 500) return false;
      }
      return true;
    }),
    { numRuns: RUNS / 2, seed: SEED },
  );

  t.deepEqual(gui.defects, []);
});
