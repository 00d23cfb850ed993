/** Several messages under one seal, among whole daemons on a simulated network. */
import test, { type ExecutionContext } from 'ava';
import { encodeBundle, encodeInnerMessage } from '../../daemon/wire/dr1-inner.ts';
import { HISTORY_ACCEPTED_MESSAGES } from '../../daemon/wire/peer.ts';
import {
  befriendInWorld,
  endWith,
  SimulatedWorld,
  type Carried,
  type Returned,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

async function startPair(t: ExecutionContext, isBobOld = false) {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  endWith(t, alice, bob);
  if (isBobOld) world.wire = { answer: withoutBundles(bob) };
  await befriendInWorld(world, alice, bob);
  return { world, alice, bob };
}

function textsOf(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `message ${from + index}`);
}

/** Ciphertexts in a request, in order. */
function ciphertextsIn({ body }: Carried): readonly string[] {
  const { messages = [], message } = JSON.parse(body) as {
    messages?: readonly { message: string }[];
    message?: string;
  };
  return message === undefined ? messages.map((one) => one.message) : [message];
}

/** Ciphertexts that one sent to the other. */
function sent(world: SimulatedWorld, from: SimulatedDaemon, to: SimulatedDaemon) {
  return world.heard
    .filter((one) => one.from === from.address && one.to === to.address)
    .flatMap(ciphertextsIn);
}

/** Messages of both directions in the session of two, those that nobody wrote among them. */
function countInSession(one: SimulatedDaemon, other: SimulatedDaemon): number {
  return one.domain.channels.sessionsOf(one.contact(other)).current?.messages ?? 0;
}

/** Lets all that one wrote arrive. */
function arrive(world: SimulatedWorld, from: SimulatedDaemon, to: SimulatedDaemon) {
  return world.until(() => from.isRestingWith(to));
}

/** Bob's answers as of a version that knows nothing of bundles. */
function withoutBundles(bob: SimulatedDaemon) {
  return (request: Carried, returned: Returned): Returned => {
    const { bundles, ...answer } = JSON.parse(returned.body) as { bundles?: unknown };
    return bundles === undefined ? returned : bob.say(JSON.stringify(answer), request);
  };
}

test('what waits for a contact comes in bundles: all of it, once and in order', async (t) => {
  const { world, alice, bob } = await startPair(t);
  bob.kill();
  const texts = textsOf(1_000);
  for (let at = 0; at < texts.length; at += 100)
    await alice.write(bob, ...texts.slice(at, at + 100));

  bob.start();
  await arrive(world, alice, bob);

  t.deepEqual(await bob.textsOf(alice), texts);
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
  // Those of what nobody wrote among them.
  t.true(countInSession(bob, alice) < 100, `${countInSession(bob, alice)}`);
});

test('a contact that does not say that it reads bundles gets each message alone', async (t) => {
  const { world, alice, bob } = await startPair(t, true);
  const texts = textsOf(200);

  await alice.write(bob, ...texts);
  await arrive(world, alice, bob);

  t.deepEqual(await bob.textsOf(alice), texts);
  t.true(countInSession(bob, alice) >= texts.length);
});

test('what a contact of an earlier version took for something of a later one comes again, alone', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await alice.write(bob, ...textsOf(60));
  await arrive(world, alice, bob);
  // Bob is replaced by an earlier version: it says yes to what it does not understand.
  let taken = 0;
  world.wire = {
    alter: (request) => {
      const { length } = request.to === bob.address && taken === 0 ? ciphertextsIn(request) : [];
      if (length === 0) return request;
      taken += 1;
      return bob.say(JSON.stringify({ status: length === 1 ? 1 : Array(length).fill(1) }), request);
    },
    answer: withoutBundles(bob),
  };

  await alice.write(bob, ...textsOf(40, 60));
  await arrive(world, alice, bob);

  t.is(taken, 1);
  t.deepEqual(await bob.textsOf(alice), textsOf(100));
});

test('a bundle whose answer was lost comes again as the same characters, and is acknowledged', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await alice.write(bob, ...textsOf(60));
  await arrive(world, alice, bob);
  const before = sent(world, alice, bob).length;
  let lost = 0;
  world.wire = {
    fate: ({ from }) => ({ isAnswerLost: from === alice.address && (lost += 1) === 1 }),
    // What Bob acknowledges by himself is lost as well.
    alter: (request) =>
      request.from === bob.address && lost < 2 ? { ...request, body: '{}' } : request,
  };

  await alice.write(bob, ...textsOf(40, 60));
  await arrive(world, alice, bob);

  const [first, again] = sent(world, alice, bob).slice(before);
  t.is(again, first);
  t.deepEqual(await bob.textsOf(alice), textsOf(100));
});

test('what was sealed alone and comes again fits into the requests of a contact that reads bundles now', async (t) => {
  const { world, alice, bob } = await startPair(t, true);
  await alice.write(bob, ...textsOf(100));
  await arrive(world, alice, bob);
  // Bob is newer now, and can be reached for one request; those behind it are lost.
  const before = world.heard.length;
  let reached = 0;
  world.wire = {
    fate: ({ to }) => ({ isRequestLost: to === bob.address && (reached += 1) > 1 }),
  };
  await alice.write(bob, ...textsOf(300, 100));
  await world.clock.pass(60_000);

  world.wire = {};
  await arrive(world, alice, bob);

  t.deepEqual(await bob.textsOf(alice), textsOf(400));
  const sizes = world.heard.slice(before).map((request) => ciphertextsIn(request).length);
  t.true(Math.max(...sizes) <= HISTORY_ACCEPTED_MESSAGES, sizes.join(' '));
});

test('a message that is cancelled is taken out of the bundle that has not left', async (t) => {
  const { world, alice, bob } = await startPair(t);
  await alice.write(bob, ...textsOf(60));
  await arrive(world, alice, bob);
  world.wire = { fate: ({ to }) => ({ isRequestLost: to === bob.address }) };
  await alice.write(bob, 'one', 'two', 'three');
  await world.clock.pass(60_000);

  const page = await alice.domain.conversations.page(bob.address, { limit: 3 });
  const second = page.find(({ text }) => text === 'two');
  await world.during(alice.domain.conversations.cancel(bob.address, second?.id ?? ''));
  world.wire = {};
  await world.until(async () => (await bob.textsOf(alice)).includes('three'));
  await world.clock.pass(60_000);

  t.deepEqual((await bob.textsOf(alice)).slice(60), ['one', 'three']);
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
});

test('what was offered in a bundle goes past a friend alone', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const carol = world.add('carol');
  endWith(t, carol);
  for (const one of [alice, bob]) {
    await befriendInWorld(world, one, carol);
    await world.during(one.domain.contacts.change(carol.address, { canResend: true }));
  }
  await alice.write(bob, ...textsOf(60));
  await arrive(world, alice, bob);
  world.wire = {
    fate: ({ from, to }) => ({ isRequestLost: from === alice.address && to === bob.address }),
  };

  await alice.write(bob, 'one', 'two', 'three');
  await world.until(async () => (await bob.textsOf(alice)).length === 63);

  t.deepEqual((await bob.textsOf(alice)).slice(60).sort(), ['one', 'three', 'two']);
});

/** Bundles that an honest daemon would not make, in the session that it has. */
async function sayBundle(
  world: SimulatedWorld,
  liar: SimulatedDaemon,
  to: SimulatedDaemon,
  texts: readonly string[],
): Promise<readonly number[]> {
  const frame = { id: newId(world), timestamp: world.clock.nowMs(), sequence: 0 };
  const text = encodeBundle(frame, texts);
  const sealed = await world.during(liar.domain.channels.seal(liar.contact(to), [text]));
  const envelopes = (sealed ?? []).map(({ message }) => ({
    ...{ from: liar.address, to: to.address, message, enctype: 'dr1' },
    wireTimestamp: new Date(world.clock.nowMs()).toISOString(),
  }));
  return world.during(liar.hand(to, envelopes));
}

function newId(world: SimulatedWorld): string {
  return Buffer.from(world.random.bytes(16)).toString('base64url');
}

test('of a bundle only that is stored which is new, and each message once', async (t) => {
  const { world, alice, bob } = await startPair(t);
  const [known, other, third] = [newId(world), newId(world), newId(world)];
  const say = (id: string, sequence: number, text: string) =>
    encodeInnerMessage({ id, timestamp: world.clock.nowMs(), sequence, type: 'msg', text });

  const first = await sayBundle(world, alice, bob, [say(known, 1, 'one')]);
  const second = await sayBundle(world, alice, bob, [
    say(other, 2, 'two'),
    say(known, 1, 'one'),
    say(other, 2, 'two, but changed'),
    say(third, 3, 'three'),
  ]);

  t.deepEqual([first, second], [[1], [1]]);
  t.deepEqual(await bob.textsOf(alice), ['one', 'two', 'three']);
});

test('a bundle that makes no sense is taken, and nothing comes of it', async (t) => {
  const { world, alice, bob } = await startPair(t);

  t.deepEqual(await sayBundle(world, alice, bob, ['{"t":"ack","body":{"ids":[]}}']), [1]);
  t.deepEqual(await sayBundle(world, alice, bob, []), [1]);
  await alice.write(bob, 'and on');
  await arrive(world, alice, bob);

  t.deepEqual(await bob.textsOf(alice), ['and on']);
  t.deepEqual(bob.defects, []);
});
