/** A daemon that is set back to an older copy of its data, while its friend is not. */
import test from 'ava';
import {
  befriendInWorld,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const HOUR_MS = 3_600_000;
const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';
const COUNT = IS_LONG ? 500 : 30;
const HOURS = IS_LONG ? 5 : 2;

async function startPair() {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  return { world, alice, bob };
}

/** Both write in turn, so that ratchets turn as well. */
async function talk(
  world: SimulatedWorld,
  [one, other]: readonly [SimulatedDaemon, SimulatedDaemon],
  count: number,
  name: string,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await one.write(other, `${one.name} ${name} ${i}`);
    await world.clock.pass(700);
    await other.write(one, `${other.name} ${name} ${i}`);
    await world.clock.pass(700);
  }
  await world.until(() => areAtRest(one, other));
}

async function areAtRest(one: SimulatedDaemon, other: SimulatedDaemon): Promise<boolean> {
  return (await one.isRestingWith(other)) && (await other.isRestingWith(one));
}

/** Handshakes that were sent since a place in what was heard. */
function handshakes(world: SimulatedWorld, since: number): number {
  return world.heard.slice(since).filter(({ body }) => body.includes('"action":"handshake"'))
    .length;
}

for (const who of ['reader', 'writer', 'both'] as const) {
  test(`row 6: after a backup of the ${who} was restored nothing new is lost, with one new session at most`, async (t) => {
    const { world, alice, bob } = await startPair();
    await talk(world, [alice, bob], 3, 'before');
    const backups = [alice.backUp(), bob.backUp()] as const;
    await talk(world, [alice, bob], COUNT, 'meanwhile');
    const since = world.heard.length;

    if (who !== 'writer') bob.restore(backups[1]);
    if (who !== 'reader') alice.restore(backups[0]);
    await alice.write(bob, 'after 1', 'after 2');
    await bob.write(alice, 'after 3');
    await world.until(() => areAtRest(alice, bob));

    t.deepEqual((await bob.textsOf(alice)).slice(-2), ['after 1', 'after 2']);
    t.is((await alice.textsOf(bob)).at(-1), 'after 3');
    t.true(handshakes(world, since) <= (who === 'both' ? 2 : 1), `${handshakes(world, since)}`);
    for (const daemon of [alice, bob]) t.deepEqual(daemon.defects, []);
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const texts = await one.textsOf(other);
      t.is(new Set(texts).size, texts.length);
    }
    t.true(
      alice.contact(bob).candidate === undefined && bob.contact(alice).candidate === undefined,
    );
    alice.kill();
    bob.kill();
  });
}

test('row 6: what was on its way when the backup was made arrives', async (t) => {
  const { world, alice, bob } = await startPair();
  await talk(world, [alice, bob], 3, 'before');
  world.wire = { fate: () => ({ isRequestLost: true }) };
  await alice.write(bob, 'waits');
  await world.clock.pass(1_000);
  const backup = alice.backUp();
  world.wire = {};
  await world.until(async () => (await bob.textsOf(alice)).includes('waits'));
  await talk(world, [alice, bob], COUNT, 'meanwhile');

  alice.restore(backup);
  await alice.write(bob, 'new');
  await world.until(() => areAtRest(alice, bob));

  const texts = await bob.textsOf(alice);
  t.is(texts.filter((text) => text === 'waits').length, 1);
  t.is(texts.at(-1), 'new');
  alice.kill();
  bob.kill();
});

test('a backup sets numbers back, and what is lost afterwards is missed all the same', async (t) => {
  const { world, alice, bob } = await startPair();
  await talk(world, [alice, bob], 2, 'before');
  const backup = alice.backUp();
  await talk(world, [alice, bob], 5, 'meanwhile');

  // Sessions are in no backup.
  alice.restore({ ...backup, sessions: new Map() });
  await talk(world, [alice, bob], 1, 'after');
  await world.clock.pass(60_000);
  const before = bob.domain.conversations.missing(bob.contact(alice));
  // A number that is given away and never sent.
  alice.domain.conversations.nextSequence(alice.contact(bob));
  await talk(world, [alice, bob], 1, 'later');

  t.deepEqual(before, []);
  const missing = bob.domain.conversations.missing(bob.contact(alice));
  t.deepEqual(
    missing.map(({ first, last }) => last - first + 1),
    [1],
  );
  t.deepEqual(alice.domain.conversations.missing(alice.contact(bob)).length, 1);
  alice.kill();
  bob.kill();
});

test('row 6: a daemon that is set back every minute gets a new session at once, and then hardly ever more than one an hour', async (t) => {
  const { world, alice, bob } = await startPair();
  await talk(world, [alice, bob], 3, 'before');
  const backup = bob.backUp();
  await talk(world, [alice, bob], 5, 'meanwhile');
  bob.restore(backup);
  // Bob takes everything and can never read anything: his disk forgets each session that is made.
  const since = world.heard.length;
  await alice.write(bob, 'never read');
  for (let minute = 0; minute < HOURS * 60; minute++) {
    bob.restore(backup);
    await world.clock.pass(60_000);
  }

  const count = handshakes(world, since);
  t.true(count <= 2 + HOURS, `${count} handshakes in ${HOURS} hours`);
  t.true(
    world.heard.length - since < (HOURS * HOUR_MS) / 10_000,
    `${world.heard.length - since} requests`,
  );
  alice.kill();
  bob.kill();
});
