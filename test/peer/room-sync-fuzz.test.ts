/** Security test rows 22 and 35: whatever a contact says about rooms, only what is its own changes. */
import test from 'ava';
import fc from 'fast-check';
import { HOP_AUTH_HEADER } from '../../daemon/wire/e2e.ts';
import { HOSTILE_TEXTS } from '../helpers/hostile-texts.ts';
import { BOB, bobsHeader, peerRooms, startPeerWorld } from '../helpers/peer-world.ts';

const BOBS_USER = `Bob@${BOB.address}`;
const OTHER = 'Carol@fc00::3';

test('row 22: no check, look-up or list of sessions breaks the host, or changes what is others’', async (t) => {
  const { rooms, host, forged } = peerRooms();
  t.teardown(() => host.stop());
  const cutOff: string[] = [];
  const world = await startPeerWorld(t, {
    rooms: { host, forged: neverCutOff(forged) },
  });
  const { uid } = await rooms.createAsOwner('lobby', false);
  const den = await rooms.createAsOwner('den', true);
  await rooms.members.setRole(uid, OTHER, 'member');
  await rooms.members.setRole(uid, BOBS_USER, 'member');
  const plain = messageOfBob(uid, 'hello');
  const others = () => rooms.get(uid)?.memberships.filter(({ user }) => user !== BOBS_USER);
  const before = { ...rooms.get(uid), memberships: others() };

  await fc.assert(
    fc.asyncProperty(requestTo([uid, den.uid]), async ({ target, body }) => {
      const header = bobsHeader({ body, target });
      const answer = await fetch(`http://127.0.0.1:${world.port}${target}`, {
        ...{ method: 'POST', body, headers: { [HOP_AUTH_HEADER]: header } },
      });
      await answer.arrayBuffer();
      if (![200, 400, 403, 404, 413].includes(answer.status)) cutOff.push(`${answer.status}`);
    }),
    { numRuns: 120, examples: [[{ target: '/chatserver/check/', body: plain }]] },
  );

  t.deepEqual(cutOff, []);
  t.deepEqual({ ...rooms.get(uid), memberships: others() }, before);
  t.deepEqual(rooms.get(den.uid), den);
  const said = (await rooms.log({ uid }).read(1)).filter(({ type }) => type === 'MSG');
  t.true(said.length > 0);
  t.true(said.every((event) => event.type === 'MSG' && event.from === BOBS_USER));
  const servers = [...host.sessions.nicks.keys()];
  t.true(servers.every((server) => server === 'fc00::1' || server === BOB.address));
});

/** Counts as it does, and lets everybody go on: it is not what is tried here. */
function neverCutOff<Forged extends object>(forged: Forged): Forged {
  return Object.assign(Object.create(forged) as Forged, {
    isCutOff: () => false,
    note: () => undefined,
  });
}

function requestTo(rooms: readonly string[]) {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...HOSTILE_TEXTS),
    fc.constantFrom('x'.repeat(65_537), '\ufeff', '\u202e', '__proto__', '', '|', '\\', '\\x'),
  );
  const field = fc.oneof(
    fc.constantFrom(...rooms, BOBS_USER, OTHER, BOB.address, 'Ann@fc00::1', '*', '0', '1e9'),
    fc.constantFrom(
      `${rooms[0]}/${BOBS_USER}`,
      `${rooms[0]}/${OTHER}`,
      'member',
      'admin',
      'banned',
    ),
    fc.constantFrom('2026-11-21T00:00:00.000Z', '9'.repeat(15), 'a'.repeat(40)),
    text,
  );
  const key = fc.constantFrom(
    'me',
    'ss',
    'gs',
    'ls',
    'cr',
    'mb',
    'mx',
    'ms',
    'at',
    'zz',
    'toString',
  );
  const line = fc
    .tuple(key, fc.array(field, { maxLength: 7 }))
    .map(([name, fields]) => `${name}: ${fields.join('|')}`);
  const said = text.map((body) => messageOfBob(`${rooms[0]}`, body));
  const lines = fc.array(fc.oneof(line, said), { maxLength: 6 }).map((all) => all.join('\n'));
  const json = fc.oneof(
    fc.json(),
    fc.record({ name: field, invite: field }).map((value) => JSON.stringify(value)),
    fc
      .record({ serverUID: field, sessions: fc.array(field) })
      .map((value) => JSON.stringify(value)),
  );
  return fc.oneof(
    lines.map((body) => ({ target: '/chatserver/check/', body })),
    json.map((body) => ({ target: '/chatserver/findroom/', body })),
    json.map((body) => ({ target: `/chatserver/setsessions/${BOB.address}`, body })),
  );
}

/** The line in which Bob says `body` to everybody in the room `uid`; its id comes from the text. */
function messageOfBob(uid: string, body: string): string {
  const id = encodeURIComponent(body).slice(0, 9).replace(/\W/g, '_') || 'x';
  return `ms: ${id}|${BOBS_USER}|*|${uid}|2026-11-21T00:00:00Z|${body}`;
}
