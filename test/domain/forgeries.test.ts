/** What somebody on the way, or a contact who means ill, can do to two who talk encrypted. */
import test from 'ava';
import { SimulatedWorld, type Carried } from '../helpers/simulated-world.ts';
import { startTalkingPair, talk } from '../helpers/talking-pair.ts';

const MINUTE_MS = 60_000;

function bodyOf({ body }: Carried): Readonly<Record<string, unknown>> {
  return JSON.parse(body) as Readonly<Record<string, unknown>>;
}

test('row 5: a contact that can read nothing does not keep us busy', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const since = world.heard.length;
  const isOffer = (one: Carried): boolean =>
    one.from === alice.address && one.body.includes('"enctype":"dr1"');
  // Bob proves himself and says, of whatever comes, that he can't read it.
  world.wire = {
    alter: (request) => {
      if (!isOffer(request)) return request;
      const list = bodyOf(request)['messages'];
      const status = Array.isArray(list) ? list.map(() => 0) : 0;
      return bob.say(JSON.stringify({ status, e2e: { err: 'stale' } }), request);
    },
  };

  await alice.write(bob, 'one', 'two', 'three');
  await world.clock.pass(30 * MINUTE_MS);

  const offers = world.heard.slice(since).filter(isOffer);
  t.true(offers.length < 60, `${offers.length} offers in half an hour`);
  alice.kill();
  bob.kill();
});

test('row 4: a handshake of the past, proven and all, brings back no access key of the past', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const captured = world.heard.filter(({ from }) => from === alice.address);
  await world.during(alice.domain.contacts.remove(bob.address, { withHistory: false }));
  await world.during(alice.domain.contacts.add({ address: bob.address }));
  await world.until(
    () =>
      alice.sessionWith(bob) !== undefined &&
      bob.contact(alice).key === alice.contact(bob).issuedKey,
  );
  await talk(world, alice, bob, 'again');

  for (const request of captured) await world.during(world.deliver(request));

  t.is(bob.contact(alice).key, alice.contact(bob).issuedKey);
  await talk(world, alice, bob, 'still');
  t.is((await alice.textsOf(bob)).at(-1), 'still from bob');
  alice.kill();
  bob.kill();
});

test('row 4: a capture that is played over and over does not keep two from talking', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  for (let round = 0; round < 15; round++) await talk(world, alice, bob, `round ${round}`);
  const captured = [...world.heard];
  const before = [await alice.textsOf(bob), await bob.textsOf(alice)];
  // Nobody remembers ciphertexts over a restart.
  for (const daemon of [alice, bob]) {
    daemon.kill();
    daemon.start();
  }
  await talk(world, alice, bob, 'awake');

  for (const request of captured) {
    await world.during(world.deliver(request));
    await world.during(world.deliver({ ...request, to: request.from, from: request.to }));
  }
  const since = world.clock.monotonicMs();
  for (let round = 0; round < 5; round++) {
    // Long enough for the next ratchet step, which costs public-key work.
    await world.clock.pass(2_000);
    await talk(world, alice, bob, `later ${round}`);
  }

  t.true(world.clock.monotonicMs() - since < 15_000, `${world.clock.monotonicMs() - since} ms`);
  const after = [await alice.textsOf(bob), await bob.textsOf(alice)];
  t.deepEqual(
    after.map((texts, i) => texts.length - (before[i]?.length ?? 0)),
    [6, 6],
  );
  for (const daemon of [alice, bob]) {
    t.deepEqual(daemon.defects, []);
    daemon.kill();
  }
});

test('row 5: nobody makes us start sessions by saying that a contact has lost ours', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const hs1 = world.heard.find((one) => one.from === alice.address && one.body.includes('"e2e"'));
  if (hs1 === undefined) throw new Error('no handshake was heard');
  const since = world.heard.length;

  for (let i = 0; i < 30; i++) {
    const e2e = { ...(bodyOf(hs1)['e2e'] as object), mac: '' };
    const forged = { ...hs1, proof: undefined, body: JSON.stringify({ ...bodyOf(hs1), e2e }) };
    await world.during(world.deliver(forged));
    await world.clock.pass(MINUTE_MS);
    await talk(world, alice, bob, `minute ${i}`);
  }

  const handshakes = world.heard.slice(since).filter((one) => one.body.includes('"handshake"'));
  t.true(handshakes.length <= 6, `${handshakes.length} handshakes in half an hour`);
  alice.kill();
  bob.kill();
});

test('row 5: whoever comes first with the keys of a friend whom we asked keeps nobody out', async (t) => {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await world.during(alice.domain.contacts.add({ address: bob.address }));
  await world.until(() => bob.domain.contacts.request(alice.address) !== undefined);
  // Mallory, on Bob's way, takes his handshake and puts a key of her own into it.
  world.wire = {
    alter: (request) => {
      if (request.from !== bob.address || !request.body.includes('"e2e"')) return request;
      return { ...request, body: JSON.stringify({ ...bodyOf(request), key: 'of-mallory' }) };
    },
  };
  await world.during(bob.domain.contacts.accept(alice.address));
  await world.until(() => alice.contact(bob).encryption === 'dr1');
  world.wire = {};

  await alice.write(bob, 'is it you?');
  await bob.write(alice, 'it is');
  await world.until(
    async () => (await alice.isRestingWith(bob)) && (await bob.isRestingWith(alice)),
  );

  t.is(alice.contact(bob).key, bob.contact(alice).issuedKey);
  alice.kill();
  bob.kill();
});
