import test from 'ava';
import fc from 'fast-check';
import { WireError } from '../../daemon/wire/check.ts';
import { encodeHs1 } from '../../daemon/wire/e2e.ts';
import { decodePeerRequest } from '../../daemon/wire/peer.ts';
import { startHandshake } from '../../daemon/crypto/handshake.ts';
import { bob, IS_LONG, openPrimitives } from '../crypto/pair.ts';
import {
  BOB,
  BOBS_KEY,
  bobsHeader,
  CAROLS_KEY,
  post,
  postAsBob,
  startPeerWorld,
  type Answered,
  type Posted,
  type PeerWorld,
} from '../helpers/peer-world.ts';

const RUNS = IS_LONG ? 100_000 : 500;
/** Of what needs no connection. */
const DECODING_RUNS = IS_LONG ? 1_000_000 : 20_000;
const SEED = IS_LONG ? Date.now() : 20_261_121;
const OPTIONS = { numRuns: RUNS, seed: SEED, verbose: fc.VerbosityLevel.None } as const;

const hs1 = startHandshake(bob, { kind: 'unknown' }, 'k', openPrimitives()).hs1;
const message = {
  from: BOB.address,
  to: '127.0.0.1',
  message: 'hello',
  timestamp: 1_763_640_000,
  enctype: '',
  key: BOBS_KEY,
};
/** One sound request of each kind. */
const SOUND: readonly Readonly<Record<string, unknown>>[] = [
  { action: 'ping', from: BOB.address, key: BOBS_KEY },
  { action: 'handshake', key: 'k', from: BOB.address, nick: 'Bob', e2e: encodeHs1(hs1) },
  { action: 'send', ...message },
  { action: 'send', ...message, enctype: 'dr1', message: `${'e'.repeat(300)}.${'f'.repeat(400)}` },
  { action: 'resend', ...message },
  { action: 'history', from: BOB.address, key: BOBS_KEY, messages: [message, message] },
  { action: 'withdraw', key: BOBS_KEY, ids: ['WsTZRoacTaZJShYz6sXoaQ'] },
];

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1.5,
    2 ** 53,
    1e308,
    '',
    ' ',
    '\ud800',
    '__proto__',
    [],
    {},
    CAROLS_KEY,
    BOBS_KEY,
  ),
);
/** A sound request with one member, at any depth, made odd, added or taken away. */
const grammar = fc
  .tuple(fc.constantFrom(...SOUND), fc.nat(), odd, fc.boolean())
  .map(([sound, place, value, isTaken]) => {
    const copy = structuredClone(sound);
    const places = membersOf(copy);
    const [owner, name] = places[place % places.length] ?? [copy, 'action'];
    if (isTaken) Reflect.deleteProperty(owner, name);
    else Reflect.set(owner, name, value);
    return JSON.stringify(copy);
  });
/** A sound request with some bytes changed, cut or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SOUND).map((sound) => Buffer.from(JSON.stringify(sound))),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.option(fc.nat(), { freq: 3 }),
  )
  .map(([sound, flips, cut]) => {
    const bytes = Buffer.from(sound);
    for (const [place, value] of flips) bytes[place % bytes.length] = value;
    return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
  });
const bodies: fc.Arbitrary<string | Buffer> = fc.oneof(grammar, mutated, fc.json());

/** Owners and names of all members of a value. */
function membersOf(value: object): readonly (readonly [object, string])[] {
  return Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([name, member]) => [
    [value, name] as const,
    ...(typeof member === 'object' && member !== null ? membersOf(member) : []),
  ]);
}

/** An answer of the protocol, and no defect. */
function isSound({ status, json }: Answered): boolean {
  if (![200, 400, 413].includes(status)) return false;
  return typeof json === 'object' && json !== null && ('status' in json || 'action' in json);
}

/** Asks, and sees that what was refused has changed nothing. */
async function isHarmless(world: PeerWorld, ask: () => Promise<Answered>): Promise<boolean> {
  const before = JSON.stringify(world.taken);
  const answer = await ask();
  const isRefused = answer.status !== 200;
  return isSound(answer) && (!isRefused || JSON.stringify(world.taken) === before);
}

function forget({ taken }: PeerWorld): void {
  for (const list of Object.values(taken)) list.length = 0;
}

test('row 22: a body is decoded or refused, and nothing else comes of it', (t) => {
  if (IS_LONG) t.timeout(3_600_000);

  fc.assert(
    fc.property(bodies, (body) => {
      try {
        decodePeerRequest(body.toString());
        return true;
      } catch (error) {
        return error instanceof WireError;
      }
    }),
    { ...OPTIONS, numRuns: DECODING_RUNS },
  );

  t.is(Reflect.get({}, 'key'), undefined);
});

test('row 22: no body breaks the peer port, whoever sends it', async (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  const world = await startPeerWorld(t);

  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), async (body, isProven) => {
      forget(world);
      return isHarmless(world, () =>
        isProven ? postAsBob(world, { body }) : post(world, { body }),
      );
    }),
    OPTIONS,
  );

  t.is(Reflect.get({}, 'key'), undefined);
  t.deepEqual(world.defects, []);
});

test('row 22: no header breaks it, and none but the right one proves anything', async (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  const world = await startPeerWorld(t);
  const posted: Posted = { body: JSON.stringify(SOUND[2]) };
  const right = bobsHeader(posted);
  const headers = fc
    .oneof(
      fc.string({ unit: fc.constantFrom(...Array.from(' !"#;=,kmnv1-_AZaz09')) }),
      fc
        .tuple(fc.nat(right.length - 1), fc.constantFrom(...Array.from('=;, -_Aa0')))
        .map(([place, character]) => right.slice(0, place) + character + right.slice(place + 1)),
      fc.nat(right.length - 1).map((length) => right.slice(0, length)),
    )
    .filter((header) => header.trim() !== right);

  await fc.assert(
    fc.asyncProperty(headers, async (header) => {
      const answer = await post(world, { ...posted, headers: { 'vestnik-auth': header } });
      return answer.status === 200 && !('vestnik-auth' in answer.headers);
    }),
    OPTIONS,
  );

  t.deepEqual(world.taken.messages, []);
  t.deepEqual(world.defects, []);
});

test('row 22: no query breaks it', async (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  const world = await startPeerWorld(t);
  const parts = fc.array(
    fc.tuple(
      fc.constantFrom('action', 'key', 'from', 'messages', '__proto__', 'action[]', ''),
      fc.oneof(fc.constantFrom('ping', 'send', '[]', '{', '%', '%ff'), fc.string()),
    ),
    { maxLength: 5 },
  );
  const targets = parts.map(
    (fields) =>
      `/?${fields.map(([name, value]) => `${name}=${value.replace(/[^!-~]|[#\s]/g, '%')}`).join('&')}`,
  );

  await fc.assert(
    fc.asyncProperty(targets, (target) =>
      isHarmless(world, () => post(world, { body: '', method: 'GET', target })),
    ),
    OPTIONS,
  );

  t.deepEqual(world.defects, []);
});
