/** What the owner deletes here and for both, among whole daemons on a simulated network. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  encodeInnerMessage,
  type InnerFrame,
  type WritableBody,
} from '../../daemon/wire/dr1-inner.ts';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import {
  befriendInWorld,
  endWith,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const HOUR_MS = 3_600_000;
const PROPERTY_RUNS = process.env['VESTNIK_LONG_TESTS'] === '1' ? 2_000 : 10;

async function startPair(t: ExecutionContext) {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  endWith(t, alice, bob);
  await befriendInWorld(world, alice, bob);
  return { world, alice, bob };
}

/** What one wrote to the other, as it is on the writer's side. */
async function sentBy(one: SimulatedDaemon, other: SimulatedDaemon) {
  const page = await one.domain.conversations.page(other.address, { limit: 1_000 });
  return page.filter(({ direction }) => direction === 'out');
}

async function writeAndArrive(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  other: SimulatedDaemon,
  ...texts: readonly string[]
): Promise<readonly StoredMessage[]> {
  await one.write(other, ...texts);
  await world.until(() => one.isRestingWith(other));
  return (await sentBy(one, other)).slice(-texts.length);
}

function deleteForBoth(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  other: SimulatedDaemon,
  messages: readonly Readonly<{ id: string }>[],
) {
  const ids = messages.map(({ id }) => id);
  return world.during(one.domain.deletions.remove(other.address, ids, { isForBoth: true }));
}

function answers(one: SimulatedDaemon, other: SimulatedDaemon) {
  return one.domain.deletionRequests.of(one.contact(other));
}

function isAnswered(one: SimulatedDaemon, other: SimulatedDaemon): boolean {
  return answers(one, other).waiting === 0;
}

/** Asks to delete what an honest daemon would not ask for, in the session that it has. */
function sayDel(
  world: SimulatedWorld,
  liar: SimulatedDaemon,
  to: SimulatedDaemon,
  targets: readonly string[],
): Promise<readonly number[]> {
  return say(
    world,
    liar,
    to,
    targets.map((target, index) => ({
      id: makeId(world),
      sequence: 1_000 + index,
      type: 'del',
      isFinal: true,
      target,
    })),
  );
}

/** Says several things in one request. */
async function say(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  to: SimulatedDaemon,
  things: readonly (Omit<InnerFrame, 'timestamp'> & WritableBody)[],
): Promise<readonly number[]> {
  const timestamp = world.clock.nowMs();
  const texts = things.map((thing) => encodeInnerMessage({ ...thing, timestamp }));
  const sealed = await world.during(one.domain.channels.seal(one.contact(to), texts));
  const envelopes = (sealed ?? []).map(({ message }) => ({
    from: one.address,
    to: to.address,
    message,
    wireTimestamp: new Date(world.clock.nowMs()).toISOString(),
    enctype: 'dr1',
  }));
  return world.during(one.hand(to, envelopes));
}

function makeId(world: SimulatedWorld): string {
  return Buffer.from(world.random.bytes(16)).toString('base64url');
}

test('a message that is deleted for both is gone on both sides, and its writer hears that it is', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const [, second] = await writeAndArrive(world, alice, bob, 'one', 'two', 'three');
  if (second === undefined) return t.fail();

  const deleted = await deleteForBoth(world, alice, bob, [second]);

  t.deepEqual(deleted, { ids: [second.id], asked: 1 });
  t.like(answers(alice, bob), { waiting: 1 });
  await world.until(() => isAnswered(alice, bob));
  t.deepEqual(answers(alice, bob), { waiting: 0, deleted: 1, kept: 0 });
  t.deepEqual(await bob.textsOf(alice), ['one', 'three']);
  t.deepEqual(
    (await sentBy(alice, bob)).map(({ text }) => text),
    ['one', 'three'],
  );
  t.like(bob.contact(alice).takenBack, { count: 1 });
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
});

test('a contact that is away is asked when it is back, though we were started anew meanwhile', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const messages = await writeAndArrive(world, alice, bob, 'one', 'two');
  bob.kill();
  await world.clock.pass(HOUR_MS);

  await deleteForBoth(world, alice, bob, messages);
  alice.kill();
  alice.start();
  await world.clock.pass(HOUR_MS);
  t.is(answers(alice, bob).waiting, 2);
  bob.start();

  await world.until(() => isAnswered(alice, bob));
  t.deepEqual(answers(alice, bob), { waiting: 0, deleted: 2, kept: 0 });
  t.deepEqual(await bob.textsOf(alice), []);
});

test('a crash between the request and the deletion here ends with both', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const messages = await writeAndArrive(world, alice, bob, 'one');
  bob.kill();
  await world.clock.pass(HOUR_MS);
  await alice.domain.deletionRequests.ask(alice.contact(bob), messages);
  alice.kill();
  t.is((await alice.start().domain.conversations.page(bob.address, { limit: 9 })).length, 1);

  await world.clock.pass(1_000);

  t.deepEqual(await sentBy(alice, bob), []);
  bob.start();
  await world.until(() => isAnswered(alice, bob));
  t.deepEqual(await bob.textsOf(alice), []);
});

test('an answer that is lost is asked for again', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const messages = await writeAndArrive(world, alice, bob, 'one');
  await world.clock.pass(HOUR_MS);
  let lost = 0;
  world.wire = {
    // Acknowledgements travel in requests of their own, from Bob to Alice.
    fate: ({ from }) => ({ isRequestLost: from === bob.address && lost++ < 3 }),
  };

  await deleteForBoth(world, alice, bob, messages);

  await world.until(() => isAnswered(alice, bob));
  t.is(lost >= 3, true);
  t.deepEqual(answers(alice, bob), { waiting: 0, deleted: 1, kept: 0 });
});

test('who does not let friends delete keeps the message, and the friend hears that it was not deleted', async (t) => {
  const { world, alice, bob } = await startPair(t);
  bob.kill();
  bob.settings = { ...DEFAULT_SETTINGS, honour_deletion: false };
  bob.start();
  const messages = await writeAndArrive(world, alice, bob, 'one');

  await deleteForBoth(world, alice, bob, messages);

  await world.until(() => isAnswered(alice, bob));
  t.deepEqual(answers(alice, bob), { waiting: 0, deleted: 0, kept: 1 });
  t.deepEqual(await bob.textsOf(alice), ['one']);
  t.is(bob.contact(alice).takenBack, undefined);
});

test('a message that has not arrived is taken back, and does not show when a copy of it comes late', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await writeAndArrive(world, alice, bob, 'one');
  const [before] = [world.heard.length];
  // The request arrives, its answer does not: Alice can't know whether he has it.
  world.wire = { fate: ({ to }) => ({ isRequestLost: to === bob.address }) };
  await alice.write(bob, 'two');
  await world.until(() => world.heard.slice(before).some(({ to }) => to === bob.address));
  const copies = world.heard.slice(before).filter(({ to }) => to === bob.address);
  const [message] = (await sentBy(alice, bob)).slice(-1);
  if (message === undefined) return t.fail();

  await deleteForBoth(world, alice, bob, [message]);
  world.wire = {};
  await world.until(() => isAnswered(alice, bob));
  for (const copy of copies) await world.deliver(copy);
  await world.clock.pass(HOUR_MS);

  t.deepEqual(await bob.textsOf(alice), ['one']);
  t.is(bob.contact(alice).takenBack, undefined);
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
});

test('a message and the wish to delete it come in one request, in whatever order: it does not show', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await writeAndArrive(world, alice, bob, 'one');
  const messages = ['before', 'after', 'stays'].map((text, index) => {
    return { id: makeId(world), sequence: 2 + index, type: 'msg' as const, text };
  });
  const [before, after, stays] = messages;
  if (before === undefined || after === undefined || stays === undefined) return t.fail();
  const wish = { type: 'del' as const, isFinal: true };

  await say(world, alice, bob, [
    before,
    { ...wish, id: makeId(world), sequence: before.sequence, target: before.id },
    { ...wish, id: makeId(world), sequence: after.sequence, target: after.id },
    after,
    stays,
    stays,
  ]);

  t.deepEqual(await bob.textsOf(alice), ['one', 'stays']);
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
});

for (const who of ['whoever deletes', 'whoever is asked'] as const) {
  test(`${who} may die at any write, and both sides end with the same`, async (t) => {
    let hasDied = true;
    for (let point = 1; hasDied; point++) {
      const { world, alice, bob } = await startPair(t);
      const messages = await writeAndArrive(world, alice, bob, 'one', 'two');
      await world.clock.pass(HOUR_MS);
      const victim = who === 'whoever deletes' ? alice : bob;
      victim.diesAfterWrites = victim.writes + point;

      const ids = messages.map(({ id }) => id);
      // Whoever dies never answers its owner.
      void alice.domain.deletions.remove(bob.address, ids, { isForBoth: true });
      await world.clock.pass(20_000);
      victim.diesAfterWrites = undefined;
      hasDied = !victim.isRunning;
      if (hasDied) victim.start();
      await world.until(() => isAnswered(alice, bob));
      await world.clock.pass(HOUR_MS);

      const left = (await sentBy(alice, bob)).map(({ text }) => text);
      t.deepEqual(await bob.textsOf(alice), left, `after write ${point}`);
      t.deepEqual(left, [], `after write ${point}`);
      alice.kill();
      bob.kill();
    }
  });
}

test('a message that was cancelled, and of which that was said, arrives when it is sent again', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await writeAndArrive(world, alice, bob, 'one');
  bob.kill();
  await world.clock.pass(HOUR_MS);
  await alice.write(bob, 'two');
  const [two] = (await sentBy(alice, bob)).slice(-1);
  if (two === undefined) return t.fail();

  await world.during(alice.domain.conversations.cancel(bob.address, two.id));
  bob.start();
  await world.clock.pass(HOUR_MS);
  await world.during(alice.domain.conversations.retry(bob.address, two.id));

  await world.until(() => alice.isRestingWith(bob));
  t.deepEqual(await bob.textsOf(alice), ['one', 'two']);
});

test('a contact deletes nothing but what it wrote itself, to us', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const carol = world.add('carol');
  endWith(t, carol);
  await befriendInWorld(world, alice, carol);
  const [ours] = await writeAndArrive(world, alice, bob, 'ours');
  const [carols] = await writeAndArrive(world, carol, alice, 'of another');
  const [bobs] = await writeAndArrive(world, bob, alice, 'his');
  if (ours === undefined || carols === undefined || bobs === undefined) return t.fail();

  await sayDel(world, bob, alice, [ours.id, carols.id]);
  await world.clock.pass(HOUR_MS);

  t.deepEqual(
    (await sentBy(alice, bob)).map(({ text }) => text),
    ['ours'],
  );
  t.deepEqual(await alice.textsOf(carol), ['of another']);
  t.deepEqual(await alice.textsOf(bob), ['his']);
  await sayDel(world, bob, alice, [bobs.id]);
  t.deepEqual(await alice.textsOf(bob), []);
});

test('a flood of requests to delete what never was costs one record each, and none when repeated', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await writeAndArrive(world, bob, alice, 'his');
  const targets = Array.from({ length: 60 }, () => makeId(world));
  const { lastS: before } = alice.messages;

  await sayDel(world, bob, alice, targets);
  const { lastS: once } = alice.messages;
  await sayDel(world, bob, alice, targets);

  t.true(once - before <= 60);
  t.is(alice.messages.lastS, once);
  t.deepEqual(await alice.textsOf(bob), ['his']);
});

test('who can not be asked is not asked, and nothing is deleted', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const [his] = await writeAndArrive(world, bob, alice, 'his');
  const [ours] = await writeAndArrive(world, alice, bob, 'ours');
  if (his === undefined || ours === undefined) return t.fail();
  const both = (ids: readonly string[]) =>
    alice.domain.deletions.remove(bob.address, ids, { isForBoth: true });

  await t.throwsAsync(both([his.id, ours.id]), { code: 'not_askable' });
  await t.throwsAsync(both(['nothing']), { code: 'not_found' });
  await alice.domain.trust.toPlain(bob.address);
  await t.throwsAsync(both([ours.id]), { code: 'not_askable' });

  t.deepEqual(await alice.textsOf(bob), ['his']);
  t.is((await sentBy(alice, bob)).length, 1);
});

test('a conversation that was cleared stays empty, whatever is repeated, and goes on', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await writeAndArrive(world, alice, bob, 'one', 'two');
  await writeAndArrive(world, bob, alice, 'three');

  await bob.domain.deletions.clear(alice.address);
  for (const copy of world.heard.filter(({ to }) => to === bob.address)) await world.deliver(copy);
  await world.clock.pass(HOUR_MS);

  t.deepEqual(await bob.domain.conversations.page(alice.address, { limit: 9 }), []);
  t.is(bob.domain.conversations.unread(bob.contact(alice)), 0);
  await writeAndArrive(world, alice, bob, 'four');
  t.deepEqual(await bob.textsOf(alice), ['four']);
});

const Step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('write' as const) },
  { weight: 3, arbitrary: fc.constant('delete' as const) },
  { weight: 2, arbitrary: fc.constant('repeat' as const) },
  fc.constant('stop bob' as const),
  fc.constant('start bob' as const),
  fc.constant('restart alice' as const),
  fc.constant('hour' as const),
);

test('whatever is repeated, late or by way of a friend: what was deleted for both ends deleted, and never shows again', async (t) => {
  t.timeout(600_000);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(Step, { minLength: 4, maxLength: 14 }),
      async (seed, steps) => {
        const world = new SimulatedWorld({ seed });
        const [alice, bob, carol] = [world.add('alice'), world.add('bob'), world.add('carol')];
        try {
          await befriendInWorld(world, alice, bob);
          await befriendInWorld(world, alice, carol);
          await befriendInWorld(world, carol, bob);
          await alice.domain.contacts.change(carol.address, { canResend: true });
          await play(world, { alice, bob }, steps);
        } finally {
          for (const daemon of [alice, bob, carol]) daemon.kill();
        }
      },
    ),
    { numRuns: PROPERTY_RUNS },
  );
  t.pass();
});

type Pair = Readonly<{ alice: SimulatedDaemon; bob: SimulatedDaemon }>;
type StepName = typeof Step extends fc.Arbitrary<infer Name> ? Name : never;

async function play(
  world: SimulatedWorld,
  { alice, bob }: Pair,
  steps: readonly StepName[],
): Promise<void> {
  let written = 0;
  const deleted = new Set<string>();
  const run: Record<StepName, () => Promise<void>> = {
    write: () => alice.write(bob, `text ${(written += 1)}`),
    delete: async () => {
      const all = await sentBy(alice, bob);
      const [one] = all.slice(Math.floor(world.random.fraction() * all.length));
      if (one === undefined) return;
      await deleteForBoth(world, alice, bob, [one]);
      deleted.add(one.text);
    },
    repeat: async () => {
      const index = Math.floor(world.random.fraction() * world.heard.length);
      const [copy] = world.heard.slice(index);
      if (copy !== undefined) await world.deliver(copy);
    },
    'stop bob': async () => bob.kill(),
    'start bob': async () => {
      if (!bob.isRunning) bob.start();
    },
    'restart alice': async () => {
      alice.kill();
      alice.start();
    },
    hour: () => world.clock.pass(HOUR_MS),
  };
  for (const step of steps) await run[step]();
  await run['start bob']();
  const isOver = async () => (await alice.isRestingWith(bob)) && isAnswered(alice, bob);
  await world.until(isOver, 200 * HOUR_MS);
  for (const copy of [...world.heard]) if (copy.to === bob.address) await world.deliver(copy);
  await world.clock.pass(HOUR_MS);
  const shown = await bob.textsOf(alice);
  const expected = Array.from({ length: written }, (_, i) => `text ${i + 1}`);
  const alive = expected.filter((text) => !deleted.has(text));
  const there = JSON.stringify([...shown].sort());
  if (there !== JSON.stringify([...alive].sort())) {
    throw new Error(`Bob sees ${there} instead of ${JSON.stringify(alive)}`);
  }
}
