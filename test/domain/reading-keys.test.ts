/** What reading does to the keys on the disk: what has to last is there at once, the rest soon. */
import test, { type ExecutionContext } from 'ava';
import { befriendInWorld, SimulatedWorld } from '../helpers/simulated-world.ts';

async function startPair(t: ExecutionContext) {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  const keysOfAlice = () => alice.backUp().sessions.get(alice.contact(bob).number);
  /** Bob's only words, until Alice knows that he has what she wrote. */
  const hearAcknowledgement = async (text: string) => {
    await alice.write(bob, text);
    await world.until(() => alice.isRestingWith(bob));
  };
  // The first ones turn keys on both sides.
  await hearAcknowledgement('one');
  await bob.write(alice, 'two');
  await world.until(() => bob.isRestingWith(alice));
  t.truthy(keysOfAlice());
  return { world, alice, bob, keysOfAlice, hearAcknowledgement };
}

/** Lets Alice hear acknowledgements until one has left her disk as it was. */
async function hearWithoutWriting({
  keysOfAlice,
  hearAcknowledgement,
}: Awaited<ReturnType<typeof startPair>>) {
  for (let i = 0; i < 10; i++) {
    const before = keysOfAlice();
    await hearAcknowledgement(`heard ${i}`);
    if (keysOfAlice() === before) return;
  }
  throw new Error('every acknowledgement was written down');
}

test('what was only heard is on the disk within two seconds', async (t) => {
  const pair = await startPair(t);
  await hearWithoutWriting(pair);
  const before = pair.keysOfAlice();

  await pair.world.clock.pass(2_000);

  t.not(pair.keysOfAlice(), before);
});

test('what was only heard is on the disk when the daemon stops', async (t) => {
  const pair = await startPair(t);
  await hearWithoutWriting(pair);
  const before = pair.keysOfAlice();

  await pair.world.during(pair.alice.domain.channels.flush());

  t.not(pair.keysOfAlice(), before);
});

test('who dies before what was only heard is on the disk goes on without a new session', async (t) => {
  const pair = await startPair(t);
  const { world, alice, bob } = pair;
  await hearWithoutWriting(pair);
  const session = alice.sessionWith(bob);

  alice.kill();
  alice.start();
  await bob.write(alice, 'after 1');
  await alice.write(bob, 'after 2');
  await world.until(async () => (await alice.isRestingWith(bob)) && bob.isRestingWith(alice));

  t.is((await alice.textsOf(bob)).at(-1), 'after 1');
  t.is((await bob.textsOf(alice)).at(-1), 'after 2');
  t.is(alice.sessionWith(bob), session);
});

test('D3: a message outlives a death that its keys do not, and is not shown again', async (t) => {
  const { world, alice, bob, keysOfAlice } = await startPair(t);
  const texts: string[] = [];
  for (let before; before !== keysOfAlice();) {
    before = keysOfAlice();
    texts.push(`read ${texts.length}`);
    await bob.write(alice, texts.at(-1) ?? '');
    await world.until(() => bob.isRestingWith(alice));
    t.true(texts.length < 10, 'every message was written down with its keys');
  }
  const session = alice.sessionWith(bob);

  alice.kill();
  alice.start();
  await bob.write(alice, 'after');
  await world.until(() => bob.isRestingWith(alice));

  t.deepEqual((await alice.textsOf(bob)).slice(-texts.length - 1), [...texts, 'after']);
  t.is(alice.sessionWith(bob), session);
});

test('keys of what was read are on the disk after two hundred messages, however soon they come', async (t) => {
  const { world, alice, bob, keysOfAlice } = await startPair(t);
  const states = new Set([keysOfAlice()]);
  for (let i = 0; i < 201; i++) await bob.write(alice, `one of many ${i}`);

  await world.until(() => {
    states.add(keysOfAlice());
    return bob.isRestingWith(alice);
  });

  t.true(states.size > 1);
});
