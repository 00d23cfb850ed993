/** Friends who carry what is not theirs, and do with it what they can. */
import test from 'ava';
import type { SequenceGap } from '../../daemon/domain/ports.ts';
import {
  befriendInWorld,
  SimulatedWorld,
  type Carried,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const DAY_MS = 86_400_000;

type Envelope = Readonly<Record<string, unknown>>;

/** Alice writes to Carol past relays: the two never reach each other, nor does the answer. */
async function startApart(...names: readonly string[]) {
  const world = new SimulatedWorld();
  const [alice, carol] = [world.add('alice'), world.add('carol')];
  const relays = names.map((name) => world.add(name));
  await befriendInWorld(world, alice, carol);
  for (const relay of relays) {
    await befriendInWorld(world, alice, relay);
    await befriendInWorld(world, relay, carol);
    await world.during(alice.domain.contacts.change(relay.address, { canResend: true }));
    await world.during(carol.domain.contacts.change(relay.address, { canResend: true }));
  }
  await alice.write(carol, 'hello');
  await world.until(() => alice.isRestingWith(carol));
  /** `whole`: relays can't reach Carol either. */
  const part = (whole?: 'whole'): void => {
    const ends = new Set([alice.address, carol.address]);
    world.wire = {
      fate: ({ from, to }) => ({
        isRequestLost:
          (ends.has(from) && ends.has(to)) || (whole !== undefined && to === carol.address),
      }),
    };
  };
  return { world, alice, carol, relays, part };
}

function end(...daemons: readonly SimulatedDaemon[]): void {
  for (const daemon of daemons) daemon.kill();
}

/** What a relay hands to somebody. */
function handedOver(world: SimulatedWorld, relay: SimulatedDaemon, to: SimulatedDaemon) {
  return world.heard
    .filter((one) => one.from === relay.address && one.to === to.address)
    .flatMap(({ body }) => (JSON.parse(body) as { messages?: Envelope[] }).messages ?? []);
}

test('row 16: what comes past three friends and directly shows once, in the order of its arrival, also after a restart', async (t) => {
  const { world, alice, carol, relays, part } = await startApart('bob', 'dora', 'emil');
  const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`);
  part('whole');
  await alice.write(carol, ...texts);
  await world.until(() => relays.every(({ relayed }) => relayed.carried.length >= texts.length));
  world.wire = {};
  for (const daemon of [alice, ...relays]) {
    daemon.kill();
    daemon.start();
  }
  await world.until(
    async () =>
      (await alice.isRestingWith(carol)) &&
      relays.every(({ relayed }) => relayed.carried.length === 0),
  );

  const shown = await carol.textsOf(alice);
  t.deepEqual([...shown].sort(), ['hello', ...texts].sort());
  carol.kill();
  carol.start();
  t.deepEqual(await carol.textsOf(alice), shown);
  t.deepEqual(carol.domain.conversations.missing(carol.contact(alice)), []);
  end(alice, carol, ...relays);
});

test('row 18: a relay sees neither text nor length nor the key between sender and recipient', async (t) => {
  const { world, alice, carol, relays, part } = await startApart('bob');
  const [bob] = relays;
  if (bob === undefined) throw new Error('no relay');
  const since = world.heard.length;
  part();
  await alice.write(carol, 'short', 'not quite as short as the other one');
  await world.until(async () => (await carol.textsOf(alice)).length === 3);

  const seen = JSON.stringify([
    world.heard.slice(since).filter(({ to, from }) => to === bob.address || from === bob.address),
    bob.backUp().relay.carried,
  ]);
  t.false(seen.includes('short'));
  for (const key of [carol.contact(alice).issuedKey, alice.contact(carol).issuedKey]) {
    t.false(seen.includes(key));
  }
  const sizes = new Set(handedOver(world, bob, carol).map((one) => String(one['message']).length));
  t.is(sizes.size, 1, [...sizes].join());
  end(alice, carol, bob);
});

test('row 18: whatever a relay changes, forges, swaps or plays back later, nothing of it is believed', async (t) => {
  const { world, alice, carol, relays, part } = await startApart('bob');
  const [bob] = relays;
  if (bob === undefined) throw new Error('no relay');
  part('whole');
  await alice.write(carol, 'one', 'two', 'three');
  await world.until(() => bob.relayed.carried.length >= 3);
  const envelopes = bob.relayed.carried.filter(({ enctype }) => enctype === 'dr1');
  part();
  await world.until(async () => (await carol.textsOf(alice)).length === 4);
  await alice.write(carol, 'four');
  await world.until(async () => (await carol.textsOf(alice)).length === 5);

  const [first, second] = envelopes;
  if (first === undefined || second === undefined) throw new Error('nothing was carried');
  const [head = '', sealed = ''] = first.message.split('.');
  const [, otherSealed = ''] = second.message.split('.');
  const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  const forgeries = [
    { ...first, message: `${head}.${flipped(sealed)}` },
    { ...first, message: `${flipped(head)}.${sealed}` },
    { ...first, message: `${head}.${otherSealed}` },
    { ...first, from: bob.address },
    { ...first, from: carol.address },
    { ...first, enctype: '', message: 'in plain' },
    { ...first, enctype: '', message: 'in plain from me', from: bob.address },
    { ...first, enctype: 'hs1' },
    { ...first, enctype: 'hs2', message: 'e30' },
    first,
    second,
  ];
  const before = [await carol.textsOf(alice), await carol.textsOf(bob)];
  for (let round = 0; round < 2; round++) {
    for (const [index, forgery] of forgeries.entries()) {
      bob.restore({ ...bob.backUp(), relay: bob.backUp().relay });
      await world.during(
        bob.relayed.add({ ...forgery, to: carol.address, id: `forged ${round} ${index}` }),
      );
      bob.kill();
      bob.start();
      await world.clock.pass(70_000);
    }
    await world.clock.pass((10 * DAY_MS) / 100);
  }

  t.deepEqual([await carol.textsOf(alice), await carol.textsOf(bob)], before);
  t.true(carol.contact(alice).refusedPlain > 0);
  t.is(carol.contact(alice).candidate, undefined);
  await alice.write(carol, 'still here');
  await world.until(async () => (await carol.textsOf(alice)).at(-1) === 'still here');
  for (const daemon of [alice, bob, carol]) t.deepEqual(daemon.defects, []);
  end(alice, carol, bob);
});

test('row 18: what a relay drops shows as a gap as soon as something later comes', async (t) => {
  const { world, alice, carol, relays, part } = await startApart('bob');
  const [bob] = relays;
  if (bob === undefined) throw new Error('no relay');
  part('whole');
  await alice.write(carol, 'dropped');
  await world.until(() => bob.relayed.carried.length > 0);
  const dropped = bob.relayed.carried.map(({ id }) => id);
  await bob.relayed.remove(dropped);
  bob.kill();
  bob.start();
  part();
  await alice.write(carol, 'arrives');
  await world.until(async () => (await carol.textsOf(alice)).includes('arrives'));

  const gaps = (): readonly SequenceGap[] =>
    carol.domain.conversations.missing(carol.contact(alice));
  t.deepEqual(gaps(), [{ first: 2, last: 2 }]);

  world.wire = {};
  await world.until(() => alice.isRestingWith(carol));
  t.deepEqual(gaps(), []);
  t.true((await carol.textsOf(alice)).includes('dropped'));
  end(alice, carol, bob);
});

test('row 19: a stranger, or a friend with the words of another, leaves nothing at a relay', async (t) => {
  const { world, alice, carol, relays } = await startApart('bob');
  const [bob] = relays;
  if (bob === undefined) throw new Error('no relay');
  const stranger = world.add('stranger');
  const envelope = {
    action: 'resend',
    from: alice.address,
    to: carol.address,
    message: 'x',
    timestamp: 1,
    enctype: 'dr1',
    key: bob.contact(alice).issuedKey,
  };

  for (let i = 0; i < 1_000; i++) {
    const body = JSON.stringify({
      ...envelope,
      message: `x${i}`,
      from: i % 2 ? alice.address : stranger.address,
    });
    const answer = await bob.answer({
      from: stranger.address,
      to: bob.address,
      body,
      proof: undefined,
    });
    t.like(JSON.parse(answer?.body ?? ''), { status: 0 });
  }

  t.deepEqual(bob.relayed.carried, []);
  end(alice, carol, bob, stranger);
});

for (const loses of ['nothing', 'the handshake', 'the answer'] as const) {
  test(`row 7: two who never meet get a new session past a friend who loses ${loses}, and nothing is missing`, async (t) => {
    const { world, alice, carol, relays, part } = await startApart('bob');
    const [bob] = relays;
    if (bob === undefined) throw new Error('no relay');
    part('whole');
    await alice.write(carol, 'before');
    await world.until(() => bob.relayed.carried.length > 0);
    carol.restore({ ...carol.backUp(), sessions: new Map() });
    part();
    const enctype = { nothing: undefined, 'the handshake': 'hs1', 'the answer': 'hs2' }[loses];
    let lost = 0;
    const isLost = (request: Carried): boolean =>
      request.to === bob.address && lost === 0 && request.body.includes(`"enctype":"${enctype}"`);
    world.wire = {
      ...world.wire,
      // The relay says that it has taken it, and forgets it.
      alter: (request) => {
        if (!isLost(request)) return request;
        lost += 1;
        return bob.say(JSON.stringify({ status: 1 }), request);
      },
    };
    await alice.write(carol, 'after');

    await world.until(async () => (await carol.textsOf(alice)).length === 3, 3 * 3_600_000);

    t.deepEqual([...(await carol.textsOf(alice))].sort(), ['after', 'before', 'hello']);
    await world.until(() => alice.isRestingWith(carol), 3 * 3_600_000);
    end(alice, carol, bob);
  });
}
