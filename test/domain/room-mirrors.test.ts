import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { MirrorWorld, type Step } from '../helpers/mirror-world.ts';

const mirror = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('host says' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('says' as const), mirror }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('joins' as const), mirror }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leaves' as const), mirror }) },
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
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const world = await MirrorWorld.create(2);

      for (const one of steps) await world.take(one);
      await world.take({ do: 'disks recover' });
      await world.settle();

      const { hash, users, mirrors } = world.end();
      const events = await world.eventsOfHost();
      const waiting = mirrors.flatMap(({ mirrors: all, room }) => all.status(room).waiting);
      assert.deepEqual(
        events.map(numberOf),
        Array.from(events, (_, index) => index + 1),
      );
      // What was said before the host let somebody in, who then left, waits until he joins again.
      assert.deepEqual(
        [...saidIn(events), ...waiting.map(({ text }) => text)].sort(),
        world.said.toSorted(),
      );
      for (const one of mirrors) {
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
    { numRuns: 100 },
  );
  t.pass();
});

function numberOf(event: string): number {
  return Number(event.split(' ')[0]);
}

function saidIn(events: readonly string[]): readonly string[] {
  return events.flatMap((event) => /MSG (.*)$/.exec(event)?.[1] ?? []);
}
