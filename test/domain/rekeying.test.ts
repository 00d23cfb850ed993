/** Another identity in place of a former one, between whole daemons on a simulated network. */
import test, { type ExecutionContext } from 'ava';
import { DomainError } from '../../daemon/domain/errors.ts';
import { encodeBase64url } from '../../daemon/wire/base64url.ts';
import {
  befriendInWorld,
  endWith,
  SimulatedWorld,
  type Carried,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const DAY_MS = 86_400_000;
const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';

async function startPair(t: ExecutionContext, seed = 1) {
  const world = new SimulatedWorld({ seed, writeMs: 1 });
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  endWith(t, alice, bob);
  await befriendInWorld(world, alice, bob);
  await alice.write(bob, 'before');
  await bob.write(alice, 'before');
  await world.until(() => areAtRest(alice, bob));
  return { world, alice, bob };
}

async function areAtRest(one: SimulatedDaemon, other: SimulatedDaemon): Promise<boolean> {
  return (await one.isRestingWith(other)) && (await other.isRestingWith(one));
}

function fingerprintOf({ identity }: SimulatedDaemon): string {
  return encodeBase64url(identity.fingerprint);
}

/** Whether one has the other under its present identity, as far as both know. */
function isUnderstood(one: SimulatedDaemon, other: SimulatedDaemon): boolean {
  const { identity, candidate } = one.contact(other);
  const { knownAs, isRekeyOffered } = other.contact(one);
  return (
    candidate === undefined &&
    identity?.id === encodeBase64url(other.identity.id) &&
    knownAs === fingerprintOf(other) &&
    !isRekeyOffered
  );
}

/** Both write, and everything arrives once. */
async function requireTalk(
  t: ExecutionContext,
  world: SimulatedWorld,
  [one, other]: readonly [SimulatedDaemon, SimulatedDaemon],
  name: string,
): Promise<void> {
  await one.write(other, `${name} 1`);
  await other.write(one, `${name} 2`);
  await world.until(() => areAtRest(one, other));
  for (const [reader, writer, text] of [
    [other, one, `${name} 1`],
    [one, other, `${name} 2`],
  ] as const) {
    const texts = await reader.textsOf(writer);
    t.is(texts.at(-1), text);
    t.is(new Set(texts).size, texts.length);
    t.deepEqual(reader.defects, []);
    t.deepEqual(reader.domain.conversations.missing(reader.contact(writer)), []);
  }
}

test('a contact that is told keeps the new identity, compared no more, and the conversation goes on', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await world.during(bob.domain.trust.verify(alice.address));
  const before = fingerprintOf(alice);
  const notices: string[] = [];
  bob.domain.events.on('notice', ({ code, message }) => notices.push(`${code}: ${message}`));

  await world.during(alice.domain.rekeying.begin());
  await world.until(() => isUnderstood(bob, alice) && !alice.hasFormer);

  t.not(fingerprintOf(alice), before);
  t.is(bob.contact(alice).trust, 'tofu');
  t.is(bob.contact(alice).rekeyed?.from, before);
  t.deepEqual(notices, [
    'contact_rekeyed: alice has a new key; it was signed by the old one. Compare the safety number again.',
  ]);
  t.is(alice.domain.rekeying.underWay, undefined);
  await requireTalk(t, world, [alice, bob], 'after');
  t.deepEqual(
    bob.domain.trust.safetyNumber(alice.address).groups,
    alice.domain.trust.safetyNumber(bob.address).groups,
  );
});

test('what waits to be sent meanwhile arrives once, in order', async (t) => {
  const { world, alice, bob } = await startPair(t);
  bob.kill();
  await alice.write(bob, 'waits 1', 'waits 2');
  await world.clock.pass(5_000);

  await world.during(alice.domain.rekeying.begin());
  await alice.write(bob, 'waits 3');
  bob.start();
  await world.until(() => isUnderstood(bob, alice));

  await world.until(() => areAtRest(alice, bob));
  t.deepEqual((await bob.textsOf(alice)).slice(-3), ['waits 1', 'waits 2', 'waits 3']);
  await requireTalk(t, world, [alice, bob], 'after');
});

test('nobody begins anew while a contact does not know, and the number to compare is that of the former identity', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const numbers = bob.domain.trust.safetyNumber(alice.address).groups;
  bob.kill();

  await world.during(alice.domain.rekeying.begin());

  t.is(alice.domain.rekeying.underWay?.waiting, 1);
  await t.throwsAsync(world.during(alice.domain.rekeying.begin()), {
    instanceOf: DomainError,
    code: 'rekey_under_way',
  });
  t.deepEqual(alice.domain.trust.safetyNumber(bob.address).groups, numbers);
  t.is(alice.domain.owner.identity.fingerprint, fingerprintOf(alice));
});

test('strangers and new contacts meet the new identity alone', async (t) => {
  const { world, alice, bob } = await startPair(t);
  bob.kill();
  await world.during(alice.domain.rekeying.begin());
  const carol = world.add('carol');
  endWith(t, carol);

  await befriendInWorld(world, carol, alice);

  t.true(isUnderstood(carol, alice));
  t.is(alice.domain.rekeying.underWay?.waiting, 1);
});

test('a daemon without contacts changes at once', async (t) => {
  const world = new SimulatedWorld();
  const alice = world.add('alice');
  endWith(t, alice);
  const before = fingerprintOf(alice);

  await world.during(alice.domain.rekeying.begin());

  t.not(fingerprintOf(alice), before);
  t.false(alice.hasFormer);
});

test('a former identity is kept for 30 days, seen twice a day apart', async (t) => {
  const { world, alice, bob } = await startPair(t);
  bob.kill();
  await world.during(alice.domain.rekeying.begin());

  world.clock.jump(31 * DAY_MS);
  await world.during(alice.domain.rekeying.tidy());
  t.true(alice.hasFormer);
  world.clock.jump(-31 * DAY_MS);
  await world.during(alice.domain.rekeying.tidy());
  world.clock.jump(31 * DAY_MS);
  await world.during(alice.domain.rekeying.tidy());
  t.true(alice.hasFormer);
  alice.domain.lanes.stop();
  world.clock.advance(DAY_MS);
  await world.during(alice.domain.rekeying.tidy());

  t.false(alice.hasFormer);
});

test('the notice is not carried by friends', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const carol = world.add('carol');
  endWith(t, carol);
  await befriendInWorld(world, alice, carol);
  await befriendInWorld(world, carol, bob);
  await world.during(alice.domain.contacts.change(carol.address, { canResend: true }));
  const isDirect = ({ from, to }: Carried): boolean =>
    [from, to].includes(alice.address) && [from, to].includes(bob.address);
  world.wire = { fate: (request) => ({ isRequestLost: isDirect(request) }) };

  await world.during(alice.domain.rekeying.begin());
  await alice.write(bob, 'past Carol');
  await world.until(async () => (await bob.textsOf(alice)).includes('past Carol'));
  await world.clock.pass(120_000);

  t.true(isUnderstood(carol, alice));
  t.is(alice.domain.rekeying.underWay?.waiting, 1);
  world.wire = {};
  await world.until(() => isUnderstood(bob, alice));
  await requireTalk(t, world, [alice, bob], 'after');
});

test('when the answer is lost, a ping as who we are now settles it', async (t) => {
  const { world, alice, bob } = await startPair(t);
  let isLost = false;
  world.wire = {
    fate: ({ from, body }) => {
      const isNotice = from === alice.address && body.includes('"enctype":"dr1"') && !isLost;
      isLost ||= isNotice;
      return { isAnswerLost: isNotice };
    },
  };

  await world.during(alice.domain.rekeying.begin());
  await world.until(() => isUnderstood(bob, alice), 120_000);

  t.true(isLost);
  t.is(bob.contact(alice).refusedPlain, 0);
  await requireTalk(t, world, [alice, bob], 'after');
});

test('when both change at the same time, both know in the end', async (t) => {
  for (let seed = 1; seed <= (IS_LONG ? 500 : 8); seed++) {
    const { world, alice, bob } = await startPair(t, seed);
    let count = 0;
    // Every other exchange loses its answer for a while, or all of it.
    world.wire = {
      fate: () => {
        count += 1;
        const dice = (count * 7 + seed) % 5;
        if (count > 12) return {};
        return { isAnswerLost: dice === 1, isRequestLost: dice === 2, delayMs: dice * 7 };
      },
    };

    await Promise.all([world.during(alice.domain.rekeying.begin()), bob.domain.rekeying.begin()]);
    await world.until(
      () =>
        isUnderstood(bob, alice) && isUnderstood(alice, bob) && !alice.hasFormer && !bob.hasFormer,
      1_800_000,
    );

    await requireTalk(t, world, [alice, bob], `seed ${seed}`);
    alice.kill();
    bob.kill();
  }
});

for (const who of ['alice', 'bob'] as const) {
  test(`${who === 'alice' ? 'whoever changes' : 'whoever is told'} may die after any write, and all ends well`, async (t) => {
    t.timeout(600_000);
    let hasDied = true;
    for (let point = 1; hasDied; point++) {
      const { world, alice, bob } = await startPair(t, point);
      const victim = who === 'alice' ? alice : bob;
      victim.diesAfterWrites = victim.writes + point;

      // Whoever dies never answers its owner.
      void alice.domain.rekeying.begin();
      await world.clock.pass(20_000);
      victim.diesAfterWrites = undefined;
      hasDied = !victim.isRunning;
      if (hasDied) victim.start();
      await world.until(() => isUnderstood(bob, alice) && !alice.hasFormer, 1_800_000);

      await requireTalk(t, world, [alice, bob], `after write ${point}`);
      alice.kill();
      bob.kill();
    }
    t.pass();
  });

  test(`${who === 'alice' ? 'whoever changes' : 'whoever is told'} may die at any request, and all ends well`, async (t) => {
    t.timeout(600_000);
    for (let point = 1; point <= 12; point++) {
      const { world, alice, bob } = await startPair(t, point);
      const victim = who === 'alice' ? alice : bob;
      let count = 0;
      world.wire = {
        fate: () => {
          count += 1;
          if (count === point) world.clock.after(1, () => victim.kill());
          return {};
        },
      };

      void alice.domain.rekeying.begin();
      await world.clock.pass(20_000);
      world.wire = {};
      if (!victim.isRunning) victim.start();
      await world.until(() => isUnderstood(bob, alice) && !alice.hasFormer, 1_800_000);

      await requireTalk(t, world, [alice, bob], `request ${point}`);
      alice.kill();
      bob.kill();
    }
  });
}
