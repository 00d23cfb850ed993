/** Security test row 35: whatever the host of a room says, it is about its own rooms, and its size has a limit. */
import test from 'ava';
import fc from 'fast-check';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { RoomMirrors } from '../../daemon/domain/room-mirrors.ts';
import type { Room } from '../../daemon/domain/room-model.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { WireError } from '../../daemon/wire/check.ts';
import { membershipUid } from '../../daemon/wire/room-sync-bodies.ts';
import { decodeCheckAnswer, encodeSyncEvent } from '../../daemon/wire/room-sync-answer.ts';
import type { SyncEvent } from '../../daemon/wire/room-sync.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { HOSTILE_TEXTS } from '../helpers/hostile-texts.ts';
import { MemoryRoomStore, ROOM_RULES } from '../helpers/memory-room-store.ts';
import { systemRandom } from '../../daemon/system.ts';

const HOST = parseAddress('fc00::2');
const OTHER_HOST = parseAddress('fc00::3');
const OWN = 'Ann@fc00::1';
const LOBBY = 'q3Vx0mJ2S8m1o4kTqv7cGA';
const TEA = '0oQ3kq2aT5K8r1mN9cXy4w';

/** Somebody in a room of each of two hosts, and in one of his own. */
async function build() {
  const store = new MemoryRoomStore();
  const [events, clock, random] = [new DomainEvents(), new FakeClock(), systemRandom];
  const rooms = new Rooms({
    ...{ store, events, clock, random, rules: ROOM_RULES },
    ownerUser: () => OWN,
  });
  const mirrors = new RoomMirrors({
    ...{ rooms, store, events, clock, random, ownUser: () => OWN },
  });
  const own = await rooms.createAsOwner('own', false);
  for (const [host, name, uid] of [
    [HOST, 'lobby', LOBBY],
    [OTHER_HOST, 'tea', TEA],
  ] as const) {
    await mirrors.wishes.join(host, name, '', uid);
    const claim = membershipUid(uid, OWN);
    await mirrors.take(host, await mirrors.request(host), decodeCheckAnswer(`ok: ${claim}`));
  }
  const take = async (text: string) => {
    const answer = decodeCheckAnswer(text);
    return mirrors.take(HOST, await mirrors.request(HOST), answer);
  };
  return { store, rooms, mirrors, own, take };
}

function message(seqnr: number, text: string, change: Partial<SyncEvent> = {}): string {
  const frame = { room: LOBBY, seqnr, uid: `m${seqnr}`, type: 'MSG' as const, at: 0 };
  return encodeSyncEvent({ ...frame, from: 'eve', body: text, ...change });
}

const field = fc.oneof(
  fc.constantFrom(LOBBY, TEA, OWN, '*', '1', '2', '4294967295', 'MSG', 'DIR', '[]', '["x"]'),
  fc.constantFrom(membershipUid(LOBBY, OWN), membershipUid(TEA, OWN), 'a'.repeat(40), 'banned'),
  fc.constantFrom('2026-11-21T00:00:00.000Z', '__proto__', 'x'.repeat(65_537)),
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const line = fc
  .tuple(fc.constantFrom('rh', 'sh', 'sv', 'cr', 'gs', 'ok', 'no', 'ev', 'at'), fc.array(field))
  .map(([key, fields]) => `${key}: ${fields.join('|')}`);
const event = fc
  .tuple(fc.constantFrom(LOBBY, TEA, 'own'), fc.integer({ min: 1, max: 9 }), field)
  .map(([room, seqnr, text]) => [room, seqnr, text] as const);

test('row 35: a host’s answers change nothing of the rooms of others', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, event), { maxLength: 8 }), async (lines) => {
      const { rooms, own, take } = await build();
      const tea = rooms.get(TEA);

      const text = lines.map((one) =>
        typeof one === 'string'
          ? one
          : message(one[1], one[2], { room: one[0] === 'own' ? own.uid : one[0] }),
      );
      await take(text.join('\n')).catch((error: unknown) => {
        if (!(error instanceof WireError)) throw error;
      });

      t.deepEqual(rooms.get(own.uid), own);
      t.is(rooms.get(TEA), tea as Room);
      t.is(rooms.log({ uid: TEA }).lastSeqnr, 0);
      t.is(rooms.log(own).lastSeqnr, 1);
    }),
    { numRuns: 80 },
  );
});

test('row 35: a room that a host tells takes the place of none', async (t) => {
  const { rooms, mirrors, own } = await build();
  const members = [{ uid: membershipUid(TEA, OWN), userUID: OWN, role: 'banned' as const }];
  const body = { topic: 'mine now', flags: [], host: HOST, seqnr: 9, members };
  const tea = rooms.get(TEA);

  await mirrors.takeRoom(HOST, { ...body, uid: TEA, name: 'tea' });
  await mirrors.takeRoom(HOST, { ...body, uid: own.uid, name: 'own' });
  // Looked for by name, and answered with the uid of another's room.
  const sought = await mirrors.wishes.join(HOST, 'cake');
  await mirrors.takeSought(
    HOST,
    { uid: sought.uid, name: 'cake', invite: '' },
    {
      ...{ ...body, uid: TEA, name: 'cake' },
    },
  );

  t.is(rooms.get(TEA), tea as Room);
  t.deepEqual(rooms.get(own.uid), own);
  t.is(rooms.get(sought.uid)?.host, HOST);
});

test('row 35: a host that calls a room otherwise gives no two the same name', async (t) => {
  const { rooms, mirrors } = await build();
  const body = { topic: '', flags: [], host: HOST, seqnr: 1, members: [] };
  const cake = await mirrors.wishes.join(HOST, 'cake');

  await mirrors.takeRoom(HOST, { ...body, uid: LOBBY, name: 'cake' });
  t.is(rooms.get(LOBBY)?.name, 'lobby');
  await mirrors.takeRoom(HOST, { ...body, uid: LOBBY, name: 'hall' });

  t.is(rooms.mirrored(HOST, 'hall')?.uid, LOBBY);
  t.is(rooms.mirrored(HOST, 'cake')?.uid, cake.uid);
});

test('row 35: holes between events are bounded', async (t) => {
  const { rooms, mirrors, take, store } = await build();
  const repair = async (...lines: readonly string[]) => {
    await take(lines.join('\n'));
    return rooms.log({ uid: LOBBY }).lastSeqnr;
  };

  t.is(await repair(message(5_000_000, 'a room may begin anywhere')), 5_000_000);
  t.is(await repair(message(5_000_100, 'some are damaged')), 5_000_100);
  const many = Array.from({ length: 20 }, (_, index) => message(5_100_000 * (index + 1), 'x'));
  const last = await repair(...many);

  t.true(last <= 5_000_100 + 2 ** 19);
  t.is(store.eventsOf(LOBBY).length, 2 + (last > 5_000_100 ? 1 : 0));
  t.is(mirrors.status(rooms.get(LOBBY) as Room).state, 'behind');
});

test('what nobody can have said is no answer, and what may be said comes through as it is', async (t) => {
  const { rooms, take } = await build();
  const refused = [
    ...[message(1, ''), message(1, 'x'.repeat(65_537)), message(1, 'x', { from: '' })],
    ...[message(1, 'no list', { type: 'DIR', from: '' }), message(2 ** 32, 'x')],
    ...[message(1, 'x', { from: 'y'.repeat(401) }), message(0, 'x')],
  ];
  for (const one of refused)
    await t.throwsAsync(take(one), { instanceOf: WireError }, one.slice(0, 80));
  const texts = ['x'.repeat(65_536), ...HOSTILE_TEXTS.slice(0, 300)];

  await take(
    texts
      .map((text, index) => message(index + 1, text, { from: `${text.slice(0, 90)}!` }))
      .join('\n'),
  );

  const events = await rooms.log({ uid: LOBBY }).read(1);
  t.deepEqual(
    events.map((one) => (one.type === 'MSG' ? one.text : '')),
    texts,
  );
  t.true(events.every((one) => one.type === 'MSG' && one.origin !== 'owner'));
});
