/** What travels, with a bit of it changed, and whoever stands in the middle with an identity of his own. */
import test from 'ava';
import { befriendInWorld, type Carried, type SimulatedDaemon } from '../helpers/simulated-world.ts';
import { end, startTalkingPair, talk } from '../helpers/talking-pair.ts';

const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';
/** In the short form every so many bytes one is changed. */
const STRIDE = IS_LONG ? 1 : 9;
const MINUTE_MS = 60_000;

async function startPair() {
  const pair = await startTalkingPair();
  await pair.world.clock.pass(MINUTE_MS);
  return pair;
}

/** A text with one bit changed at each of many places; what stays JSON, at least. */
function* flips(text: string, isWhole: (text: string) => boolean): Generator<string> {
  for (let i = 0; i < text.length; i += STRIDE) {
    const flipped = String.fromCharCode(text.charCodeAt(i) ^ (1 << (i % 6)));
    const changed = text.slice(0, i) + flipped + text.slice(i + 1);
    if (isWhole(changed)) yield changed;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What must not change: who a contact is, how we write to it, and on which sessions. */
function stateOf(one: SimulatedDaemon, other: SimulatedDaemon) {
  const { identity, key, issuedKey, encryption, trust, state, candidate } = one.contact(other);
  return {
    identity,
    key,
    issuedKey,
    encryption,
    trust,
    state,
    candidate,
    sessions: one.backUp().sessions,
  };
}

test('row 3: a handshake of a friend with any bit changed, and without the proof of the hop, changes nothing', async (t) => {
  const { world, alice, bob } = await startPair();
  const since = world.heard.length;
  alice.restore({ ...alice.backUp(), sessions: new Map() });
  await world.until(() => alice.sessionWith(bob) !== undefined);
  const hs1 = world.heard.slice(since).find(({ body }) => body.includes('"e2e"'));
  if (hs1 === undefined) throw new Error('no handshake was heard');
  await talk(world, alice, bob, 'again');
  const before = stateOf(bob, alice);
  const isE2eWhole = (text: string): boolean =>
    isJson(text) && 'e2e' in JSON.parse(text) && text.includes('"action":"handshake"');

  for (const body of flips(hs1.body, isE2eWhole)) {
    for (const proof of [hs1.proof, undefined]) {
      await world.during(world.deliver({ ...hs1, body, proof }).catch(() => undefined));
      const { e2e: changed, key } = JSON.parse(body) as { e2e: object; key: string };
      const original = JSON.parse(hs1.body) as { e2e: object; key: string };
      const isMeant =
        JSON.stringify([changed, key]) !== JSON.stringify([original.e2e, original.key]);
      if (isMeant && bob.contact(alice).candidate !== undefined) {
        // Another identity: the owner is asked, and nothing else happens.
        await world.during(bob.domain.trust.dismiss(alice.address));
      }
    }
  }

  t.deepEqual(stateOf(bob, alice), before);
  await talk(world, alice, bob, 'still');
  end(alice, bob);
});

test('row 3: an answer to a handshake with any bit changed makes no session and no friend', async (t) => {
  const { world, alice, bob } = await startPair();
  const backup = { ...alice.backUp(), sessions: new Map() };
  let answer = '';
  const isHandshake = (one: Carried): boolean =>
    one.from === alice.address && one.body.includes('"e2e"');
  const pass = async (change: (text: string) => string): Promise<void> => {
    let isSeen = false;
    world.wire = {
      answer: (request, returned) => {
        if (!isHandshake(request) || !returned.body.includes('"mac"')) return returned;
        isSeen = true;
        answer = returned.body;
        // Without the proof of the hop: nobody has it who does not know the peer.
        return { body: change(returned.body), proof: undefined };
      },
    };
    alice.restore(backup);
    await world.until(() => isSeen);
    await world.clock.pass(1);
  };
  await pass((text) => text);
  t.not(alice.sessionWith(bob), undefined);

  for (let i = answer.indexOf('"suite"'); i < answer.length - 1; i += STRIDE * 3) {
    // Bob answers a few handshakes an hour.
    await world.clock.pass(4 * MINUTE_MS);
    const flip = (text: string): string =>
      text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1);
    if (!isJson(flip(answer))) continue;
    await pass(flip);
    t.is(alice.sessionWith(bob), undefined, `byte ${i} of ${answer}`);
  }
  end(alice, bob);
});

test('row 3: a message with any bit of its head or its text changed is refused, whoever brings it', async (t) => {
  const { world, alice, bob } = await startPair();
  const relay = world.add('relay');
  await befriendInWorld(world, alice, relay);
  await befriendInWorld(world, relay, bob);
  await world.during(alice.domain.contacts.change(relay.address, { canResend: true }));
  world.wire = {
    fate: ({ from, to }) => ({
      isRequestLost: to === bob.address || (from === bob.address && to === alice.address),
    }),
  };
  await alice.write(bob, 'as it was');
  await world.until(() => relay.relayed.carried.length > 0);
  const [envelope] = relay.relayed.carried;
  if (envelope === undefined) throw new Error('nothing was carried');
  world.wire = { fate: ({ from }) => ({ isRequestLost: from === alice.address }) };
  const before = stateOf(bob, alice);

  const changed = [...flips(envelope.message, () => true)];
  const statuses: number[] = [];
  for (let i = 0; i < changed.length; i += 50) {
    const batch = changed.slice(i, i + 50).map((message) => ({ ...envelope, message }));
    const answer = await world.during(relay.hand(bob, batch));
    statuses.push(...answer);
  }

  t.deepEqual(new Set(statuses), new Set([0]));
  t.deepEqual(stateOf(bob, alice), before);
  t.deepEqual(await world.during(relay.hand(bob, [envelope])), [1]);
  t.is((await bob.textsOf(alice)).at(-1), 'as it was');
  end(alice, bob, relay);
});

test('row 5: whoever answers in the place of a friend with another identity stops what we write at once, and is shown', async (t) => {
  const { world, alice, bob } = await startPair();
  const mallory = world.add('mallory');
  world.wire = {
    alter: (request) => {
      if (request.to !== bob.address || !request.body.includes('"handshake"')) return request;
      return { ...request, to: mallory.address };
    },
  };
  // Mallory waits for Alice under her own name, and so answers with keys of her own.
  await world.during(mallory.domain.contacts.add({ address: alice.address }));
  const forged = world.heard.findLast(({ from }) => from === mallory.address);
  if (forged === undefined) throw new Error('Mallory said nothing');
  const body = JSON.stringify({ ...(JSON.parse(forged.body) as object), from: bob.address });
  const before = alice.backUp().sessions;
  await world.during(world.deliver({ ...forged, from: bob.address, body }));

  const since = world.heard.length;
  await alice.write(bob, 'for Bob alone');
  await world.clock.pass(10 * MINUTE_MS);

  t.not(alice.contact(bob).candidate, undefined);
  t.deepEqual(
    world.heard
      .slice(since)
      .filter(({ from, body: said }) => from === alice.address && said.includes('dr1')),
    [],
  );
  t.deepEqual(alice.backUp().sessions, before);
  world.wire = {};
  await world.during(alice.domain.trust.dismiss(bob.address));
  await world.until(() => alice.isRestingWith(bob));
  t.is((await bob.textsOf(alice)).at(-1), 'for Bob alone');
  t.deepEqual(await mallory.textsOf(alice), []);
  end(alice, bob, mallory);
});

test('row 5: encryption that is taken out on the way leads to no plain word, and plain words in the name of a friend are counted', async (t) => {
  const { world, alice, bob } = await startPair();
  const before = alice.backUp().sessions;
  world.wire = {
    alter: (request) => {
      const { e2e, ...rest } = JSON.parse(request.body) as { e2e?: unknown };
      return e2e === undefined
        ? request
        : { ...request, body: JSON.stringify(rest), proof: undefined };
    },
  };
  bob.restore({ ...bob.backUp(), sessions: new Map() });
  await bob.write(alice, 'sealed');
  const plain = {
    ...{ action: 'send', from: bob.address, to: alice.address, message: 'plain' },
    ...{ timestamp: 1, enctype: '', key: alice.contact(bob).issuedKey },
  };
  for (const said of [
    plain,
    { action: 'handshake', key: 'k', from: bob.address },
    { ...plain, action: 'history', messages: [plain] },
  ]) {
    const request = {
      from: bob.address,
      to: alice.address,
      body: JSON.stringify(said),
      proof: undefined,
    };
    await world.during(world.deliver(request));
  }
  await world.clock.pass(10 * MINUTE_MS);

  t.true(alice.contact(bob).refusedPlain >= 3, `${alice.contact(bob).refusedPlain}`);
  t.is(alice.contact(bob).encryption, 'dr1');
  t.is(bob.contact(alice).encryption, 'dr1');
  t.false((await alice.textsOf(bob)).includes('plain'));
  t.deepEqual(
    world.heard.filter(({ body }) => body.includes('"enctype":""')),
    [],
  );
  t.deepEqual([...before.keys()], [...alice.backUp().sessions.keys()]);
  world.wire = {};
  await world.until(() => bob.isRestingWith(alice));
  t.is((await alice.textsOf(bob)).at(-1), 'sealed');
  end(alice, bob);
});
