import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { encodeHs1 } from '../../daemon/wire/e2e.ts';
import { encodeHandshake } from '../../daemon/wire/peer.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { startHandshake } from '../../daemon/crypto/handshake.ts';
import {
  alice,
  bob,
  knownBob,
  mallory,
  oneBitChanges,
  openPrimitives,
  pinned,
} from '../crypto/pair.ts';
import {
  BOB,
  BOBS_KEY,
  BOBS_KEYS,
  bobsHeader,
  CAROLS_KEY,
  isProvenToBob,
  post,
  postAsBob,
  sendBody,
  startPeerWorld,
} from '../helpers/peer-world.ts';

const SEND = sendBody(BOBS_KEY);
const PING = '{"action":"ping"}';
const HEADER = 'Vestnik-Auth';
/** What we say that we take. */
const ABLE = { ahead: 4, bundles: true };

test('a contact that encrypts is heard under its proof, and the answer is proven to it', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await postAsBob(world, { body: SEND });

  t.is(answer.status, 200);
  t.deepEqual(answer.json, { status: 1, ...ABLE });
  t.true(answer.isProven);
  t.deepEqual(
    world.taken.messages.map(({ hop }) => hop.number),
    [BOB.number],
  );
});

test('its access key alone makes it a stranger, and that is noted', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await post(world, { body: SEND });

  t.deepEqual(answer.json, { status: 0 });
  t.deepEqual(world.taken.messages, []);
  t.deepEqual(world.taken.unproven, [BOB]);
  t.deepEqual(world.taken.heard, []);
});

test('a plain contact is known by its key alone, and sees no header', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await post(world, { body: sendBody(CAROLS_KEY) });

  t.deepEqual(answer.json, { status: 1 });
  t.false(HEADER.toLowerCase() in answer.headers);
  t.is(world.taken.messages.length, 1);
});

test('row 3: a header with any bit of its MAC or nonce flipped proves nothing', async (t) => {
  const world = await startPeerWorld(t);
  const [fields = '', mac = ''] = bobsHeader({ body: SEND }).split('; m=');
  const [hint = '', nonce = ''] = fields.split('; n=');
  const flipped = [
    ...[...oneBitChanges(Buffer.from(mac, 'base64url'))].map(
      (bytes) => `${hint}; n=${nonce}; m=${Buffer.from(bytes).toString('base64url')}`,
    ),
    ...[...oneBitChanges(Buffer.from(nonce, 'base64url'))].map(
      (bytes) => `${hint}; n=${Buffer.from(bytes).toString('base64url')}; m=${mac}`,
    ),
  ];

  for (const header of flipped) {
    const answer = await post(world, { body: SEND, headers: { [HEADER]: header } });
    t.deepEqual(answer.json, { status: 0 });
    t.false(HEADER.toLowerCase() in answer.headers);
  }
  t.is(flipped.length, (32 + 16) * 8);
  t.deepEqual(world.taken.messages, []);
});

test('row 3: a request with any bit of its body flipped proves nothing', async (t) => {
  const world = await startPeerWorld(t);
  const header = bobsHeader({ body: SEND });

  for (const bytes of oneBitChanges(Buffer.from(SEND))) {
    const answer = await post(world, { body: Buffer.from(bytes), headers: { [HEADER]: header } });
    t.notDeepEqual(answer.json, { status: 1 });
    t.false(HEADER.toLowerCase() in answer.headers);
  }
  t.deepEqual(world.taken.messages, []);
  t.deepEqual(world.defects, []);
});

test('wrong and malformed headers get the answer of one that is missing', async (t) => {
  const world = await startPeerWorld(t);
  const right = bobsHeader({ body: SEND });
  const headers = [
    bobsHeader({ body: SEND }, { keys: pinned(mallory, alice).hop }),
    bobsHeader({ body: SEND }, { accessKey: 'of nobody' }),
    bobsHeader({ body: SEND }, { accessKey: undefined }),
    bobsHeader({ body: SEND, method: 'GET' }),
    bobsHeader({ body: SEND, target: '/?' }),
    `${right}, ${right}`,
    ` v=2; ${right}`,
    right.replace('v=1', 'v=01'),
    right.slice(0, -1),
    `${right}A`,
    'x'.repeat(4000),
    '',
  ];
  const missing = await post(world, { body: SEND });

  for (const header of headers) {
    const answer = await post(world, { body: SEND, headers: { [HEADER]: header } });
    t.is(answer.status, missing.status, header);
    t.deepEqual(answer.bytes, missing.bytes, header);
    t.deepEqual(Object.keys(answer.headers), Object.keys(missing.headers), header);
  }
});

test('who has no key of ours yet is looked up by the host it comes from', async (t) => {
  const world = await startPeerWorld(t);
  const body = JSON.stringify({ action: 'ping', from: BOB.address });

  const fromItsHost = await postAsBob(world, { body, from: '127.0.0.8' }, { accessKey: undefined });
  const fromElsewhere = await postAsBob(
    world,
    { body, from: '127.0.0.7' },
    { accessKey: undefined },
  );

  t.true(fromItsHost.isProven);
  t.false(fromElsewhere.isProven);
  t.deepEqual(world.taken.heard, [BOB]);
});

test('another contact’s key under this proof proves nothing for that contact', async (t) => {
  const dave = { ...BOB, number: 3, issuedKey: 'issued to dave' };
  const world = await startPeerWorld(t, { contacts: [BOB, dave] });

  const answer = await postAsBob(world, { body: sendBody('issued to dave') });

  t.deepEqual(answer.json, { status: 0 });
  t.true(answer.isProven);
  t.deepEqual(world.taken.unproven, [dave]);
});

test('a blocked contact is a stranger, proof or not', async (t) => {
  const world = await startPeerWorld(t, { contacts: [{ ...BOB, isBlocked: true }] });
  const stranger = await post(world, { body: sendBody('of nobody') });

  const answer = await postAsBob(world, { body: SEND });

  t.deepEqual(answer.bytes, stranger.bytes);
  t.deepEqual(Object.keys(answer.headers), Object.keys(stranger.headers));
  t.deepEqual(world.taken, { handshakes: [], messages: [], unproven: [], claimed: [], heard: [] });
});

test('refusals of a proven request are proven, too', async (t) => {
  const world = await startPeerWorld(t, {
    inbox: () => Promise.reject(new Error('broken on purpose')),
  });
  const refused = {
    'not JSON': ['nonsense', 400],
    'an unknown action': ['{"action":"dance"}', 400],
    'no UTF-8': [Buffer.from([0xff, 0xfe]), 400],
    'a body too long for its action': [`${PING}${' '.repeat(200_000)}`, 413],
    'a defect': [SEND, 500],
  } as const;

  for (const [what, [body, status]] of Object.entries(refused)) {
    const answer = await postAsBob(world, { body });
    t.is(answer.status, status, what);
    t.true(answer.isProven, what);
  }
});

test('a ping by GET is proven over its query', async (t) => {
  const world = await startPeerWorld(t);
  const ping = { body: '', method: 'GET', target: '/?action=ping&x=%20' };

  const answer = await postAsBob(world, ping);
  const moved = await post(world, {
    ...ping,
    target: '/?action=ping&x=+',
    headers: { [HEADER]: bobsHeader(ping) },
  });

  t.deepEqual(answer.json, { action: 'pong' });
  t.true(answer.isProven);
  t.deepEqual(moved.json, { action: 'pong' });
  t.false(HEADER.toLowerCase() in moved.headers);
  t.deepEqual(world.taken.heard, [BOB]);
});

test('an answer is proven for the request that it answers, not for another', async (t) => {
  const world = await startPeerWorld(t);
  const answer = await postAsBob(world, { body: PING });

  const other = bobsHeader({ body: PING }, { randomBytes: (length) => new Uint8Array(length) });

  t.false(isProvenToBob(other, answer));
  t.false(isProvenToBob(other, { ...answer, status: 201 }));
});

test('a handshake tells the domain its member e2e and who proved it', async (t) => {
  const world = await startPeerWorld(t);
  const { hs1 } = startHandshake(bob, { kind: 'unknown' }, 'bobs key', openPrimitives());
  const body = encodeHandshake({ key: 'bobs key', from: BOB.address, nick: 'Bob', e2e: hs1 });

  await postAsBob(world, { body });
  await post(world, { body });
  await post(world, { body: '{"action":"handshake","key":"k"}' });

  const seen = world.taken.handshakes.map((one) => [
    one.hop,
    'e2e' in one && one.e2e !== undefined,
  ]);
  t.deepEqual(seen, [
    [BOB, true],
    [undefined, true],
    [undefined, false],
  ]);
});

test('an answer has a member e2e only if the handshake had one', async (t) => {
  const world = await startPeerWorld(t, {
    handshakes: () => Promise.resolve({ status: 1, e2e: { kind: 'trouble', trouble: 'busy' } }),
  });
  const { hs1 } = startHandshake(alice, knownBob(), 'k', openPrimitives());
  const withMember = JSON.stringify({ action: 'handshake', key: 'k', e2e: encodeHs1(hs1) });

  const answer = await post(world, { body: withMember });
  const plain = await post(world, { body: '{"action":"handshake","key":"k"}' });

  t.deepEqual(answer.json, { status: 1, e2e: { err: 'busy' } });
  t.deepEqual(plain.json, { status: 1 });
});

test('a handshake with a malformed member e2e is refused, not taken for a plain one', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await post(world, { body: '{"action":"handshake","key":"k","e2e":{"v":2}}' });

  t.is(answer.status, 400);
  t.deepEqual(world.taken.handshakes, []);
});

test('what a hop brings is taken in the order in which it came, one request after another', async (t) => {
  const order: string[] = [];
  const open: (() => void)[] = [];
  const world = await startPeerWorld(t, {
    inbox: async (_hop, _host, messages) => {
      const texts = messages.map(({ message }) => message).join();
      order.push(`begin ${texts}`);
      await new Promise<void>((resolve) => open.push(resolve));
      order.push(`end ${texts}`);
      return { accepted: messages.map(() => true) };
    },
  });
  const bodyOf = (message: string) => JSON.stringify({ ...(JSON.parse(SEND) as object), message });

  const first = postAsBob(world, { body: bodyOf('one') });
  await eventually(() => open.length === 1);
  const second = postAsBob(world, { body: bodyOf('two') });
  await post(world, { body: JSON.stringify({ action: 'ping' }) });
  open[0]?.();
  await first;
  await eventually(() => open.length === 2);
  open[1]?.();
  await second;

  t.deepEqual(order, ['begin one', 'end one', 'begin two', 'end two']);
});

test('only under proof we tell that a message could not be read', async (t) => {
  const world = await startPeerWorld(t, {
    inbox: (_hop, _host, messages) =>
      Promise.resolve({ accepted: messages.map(() => false), trouble: 'nosession' }),
  });
  const element = JSON.parse(SEND) as unknown;
  const history = JSON.stringify({ action: 'history', messages: [element, element] });

  const sent = await postAsBob(world, { body: SEND });
  const handed = await postAsBob(world, { body: history });
  const plain = await post(world, { body: sendBody(CAROLS_KEY) });

  t.deepEqual(sent.json, { status: 0, ...ABLE, e2e: { err: 'nosession' } });
  t.deepEqual(handed.json, { status: [0, 0], ...ABLE, e2e: { err: 'nosession' } });
  t.deepEqual(plain.json, { status: 0 });
});

test('a contact tells its new address under proof alone', async (t) => {
  const world = await startPeerWorld(t);
  const from = parseAddress('127.0.0.8:6000');
  const ping = JSON.stringify({ action: 'ping', from, key: BOBS_KEY });

  await post(world, { body: ping });
  t.deepEqual(world.taken.claimed, []);
  await postAsBob(world, { body: ping });
  await postAsBob(world, { body: JSON.stringify({ action: 'ping', from: BOB.address }) });
  await postAsBob(world, { body: JSON.stringify({ action: 'handshake', key: 'k', from }) });

  t.deepEqual(world.taken.claimed, [
    { contact: BOB, from },
    { contact: BOB, from },
  ]);
});

test('our own request sent back to us proves nothing', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await postAsBob(world, { body: SEND }, { keys: pinned(alice, bob).hop });

  t.deepEqual(answer.json, { status: 0 });
  t.notDeepEqual(pinned(alice, bob).hop.toPeer, BOBS_KEYS.toPeer);
});
