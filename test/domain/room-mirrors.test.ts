import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { MirrorWorld, type Step } from '../helpers/mirror-world.ts';

const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';
const RUNS = IS_LONG ? 30_000 : 100;

const mirror = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('host says' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('says' as const), mirror }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('joins' as const), mirror }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leaves' as const), mirror }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forgets' as const), mirror }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('checks' as const),
      mirror,
      // Whether the answer arrives, and how often the request does.
      isLost: fc.boolean(),
      times: fc.constantFrom(1, 1, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('is renamed' as const), mirror }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restarts' as const), mirror }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('host restarts' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disk fails' as const), mirror }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('host’s disk fails' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disks recover' as const) }) },
);

test('whatever happens in whatever order, all end with the same events and hashes, each message once', async (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const world = await MirrorWorld.create(2);

      for (const one of steps) await world.take(one);
      await world.take({ do: 'disks recover' });
      await world.settle();

      const { hash, users } = world.end();
      const { mirrors } = world;
      const events = await world.eventsOfHost();
      const waiting = mirrors.flatMap((one) =>
        one.isThere ? one.mirrors.status(one.room).waiting : [],
      );
      assert.deepEqual(
        events.map(numberOf),
        Array.from(events, (_, index) => index + 1),
      );
      // What was said before the host let somebody in, who then left, waits until he joins again.
      const said = [...saidIn(events), ...waiting.map(({ text }) => text)];
      assert.equal(new Set(said).size, said.length);
      const isKnown = (text: string): boolean => !world.forgotten.has(text);
      assert.deepEqual(said.filter(isKnown).sort(), world.said.filter(isKnown).sort());
      for (const one of mirrors) {
        assert(one.isThere || !one.isWanted);
        if (!one.isThere) continue;
        const own = await world.eventsOf(one);
        const status = one.mirrors.status(one.room);
        assert.equal(status.state, one.isWanted ? 'equal' : 'left');
        assert.deepEqual(own, events.slice(0, own.length));
        assert.equal(users.includes(one.user), one.isWanted);
        if (!one.isWanted) continue;
        assert.equal(own.length, events.length);
        assert.equal(status.hash, hash);
        assert.deepEqual(status.waiting, []);
      }
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
  t.pass();
});

const backward: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: step },
  { weight: 1, arbitrary: fc.constant({ do: 'host is copied' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'host is set back' } as const) },
);

test('also of a host that is set back all end with the same events, each message once', async (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  await fc.assert(
    fc.asyncProperty(fc.array(backward, { maxLength: 40, size: 'max' }), async (steps) => {
      const world = await MirrorWorld.create(2);

      for (const one of steps) await world.take(one);
      await world.take({ do: 'disks recover' });
      await world.settle();
      await world.rejoin();
      await world.settle();

      const { hash } = world.end();
      const { mirrors } = world;
      const events = await world.eventsOfHost();
      const said = saidIn(events);
      assert.equal(new Set(said).size, said.length);
      for (const one of mirrors.filter(({ isWanted }) => isWanted)) {
        assert.deepEqual(await world.eventsOf(one), events);
        const { state, waiting, hash: own } = one.mirrors.status(one.room);
        assert.deepEqual([state, own, waiting], ['equal', hash, []]);
      }
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
  t.pass();
});

test('what only those knew who mirror a room is said again after its host was set back, and told', async (t) => {
  const world = await MirrorWorld.create(2);
  await world.take({ do: 'host says' });
  await world.take({ do: 'host is copied' });
  await world.take({ do: 'host says' });
  await world.take({ do: 'says', mirror: 0 });
  await world.settle();

  await world.take({ do: 'host is set back' });
  for (let i = 0; i < 3; i++) await world.take({ do: 'host says' });
  await world.settle();

  const said = saidIn(await world.eventsOfHost());
  t.deepEqual(
    said.toSorted(),
    [1, 3, 4, 5, 6].map((number) => `message ${number}`),
  );
  const { mirrors } = world;
  for (const one of mirrors) t.deepEqual(await world.eventsOf(one), await world.eventsOfHost());
  // A crash in between loses none.
  t.deepEqual(
    mirrors.map(({ waitingAtCut }) => waitingAtCut),
    [['message 3'], []],
  );
  t.deepEqual(
    mirrors.map(({ notices }) => notices.map((text) => text.replace(/^.*set back: /, ''))),
    [
      ['2 later events are gone here, 1 messages of yours are said again'],
      ['2 later events are gone here, 0 messages of yours are said again'],
    ],
  );
});

test('a message that gets its number again does not hide that another stood before it', async (t) => {
  const world = await MirrorWorld.create(2);
  await world.take({ do: 'host is copied' });
  await world.take({ do: 'host says' });
  await world.take({ do: 'says', mirror: 1 });
  await world.take({ do: 'checks', mirror: 1, isLost: true, times: 1 });
  await world.take({ do: 'checks', mirror: 0, isLost: false, times: 1 });

  await world.take({ do: 'host is set back' });
  await world.take({ do: 'host says' });
  await world.take({ do: 'checks', mirror: 1, isLost: false, times: 1 });
  await world.settle();

  const events = await world.eventsOfHost();
  t.deepEqual(saidIn(events), ['message 3', 'message 2']);
  for (const one of world.mirrors) t.deepEqual(await world.eventsOf(one), events);
});

for (const [who, what] of [
  ['was restarted', 'restarts'],
  ['had a full disk', 'disk fails'],
] as const) {
  test(`a room that its host has forgotten is gone for whoever ${who} meanwhile`, async (t) => {
    const world = await MirrorWorld.create(1);

    await world.removeRoom();
    await world.take({ do: what, mirror: 0 });
    await world.take({ do: 'checks', mirror: 0, isLost: false, times: 1 });
    await world.take({ do: 'disks recover' });
    await world.settle();

    const [one] = world.mirrors;
    t.like(one?.mirrors.status(one.room), { state: 'refused', reason: { code: 'put_out' } });
  });
}

test('whoever was let in while his disk was full comes in again after his host was set back', async (t) => {
  const world = await MirrorWorld.create(1);
  await world.take({ do: 'leaves', mirror: 0 });
  await world.settle();
  await world.take({ do: 'host is copied' });

  await world.take({ do: 'joins', mirror: 0 });
  await world.take({ do: 'disk fails', mirror: 0 });
  await world.take({ do: 'checks', mirror: 0, isLost: false, times: 1 });
  await world.take({ do: 'host is set back' });
  await world.take({ do: 'disks recover' });
  await world.settle();
  await world.rejoin();
  await world.settle();

  const [one] = world.mirrors;
  t.is(one?.mirrors.status(one.room).state, 'equal');
  t.true(world.end().users.includes(one?.user ?? ''));
});

test('what was said in a room that one left before one was ever let in waits there', async (t) => {
  const world = await MirrorWorld.create(1);
  await world.take({ do: 'leaves', mirror: 0 });
  await world.settle();
  await world.take({ do: 'forgets', mirror: 0 });

  await world.take({ do: 'host’s disk fails' });
  await world.take({ do: 'joins', mirror: 0 });
  await world.take({ do: 'checks', mirror: 0, isLost: false, times: 1 });
  await world.take({ do: 'says', mirror: 0 });
  await world.take({ do: 'leaves', mirror: 0 });
  await world.take({ do: 'disks recover' });
  await world.settle();

  const [one] = world.mirrors;
  t.like(one?.mirrors.status(one.room), { state: 'left', waiting: [{ text: 'message 1' }] });
});

function numberOf(event: string): number {
  return Number(event.split(' ')[0]);
}

function saidIn(events: readonly string[]): readonly string[] {
  return events.flatMap((event) => /MSG (.*)$/.exec(event)?.[1] ?? []);
}
