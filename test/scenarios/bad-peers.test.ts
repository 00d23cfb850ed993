import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { DeliveryOutcome } from '../../daemon/wire/gui-api.ts';
import { conversationPath } from '../helpers/api.ts';
import { startBadPeer, type BadPeer, type Misbehaviour } from '../helpers/bad-peer.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { startDeafListener } from '../helpers/deaf-listener.ts';
import { eventually } from '../helpers/eventually.ts';
import { longestPauseMs } from '../helpers/ticks.ts';

/** What peers do that is quickly seen through, and what we call it. */
const NONSENSE: readonly (readonly [what: string, Misbehaviour, DeliveryOutcome])[] = [
  ['no HTTP', (response) => response.socket?.end('hello?\r\n\r\n'), 'bad_answer'],
  ['nothing', (response) => response.end(), 'bad_answer'],
  ['a page', (response) => response.end('<html><p>status: 1</p></html>'), 'bad_answer'],
  ['an error page', (response) => response.writeHead(500).end('oops'), 'bad_answer'],
  ['too few answers', (response) => response.end('{"status":[1]}'), 'bad_answer'],
  ['too many answers', (response) => response.end('{"status":[1,1,1]}'), 'bad_answer'],
  ['one answer for all', (response) => response.end('{"status":1}'), 'bad_answer'],
  [
    'answers by name',
    (response) => response.end('{"status":{"0":1,"1":1,"length":2}}'),
    'bad_answer',
  ],
  ['brackets without an end', (response) => response.end('['.repeat(60_000)), 'bad_answer'],
  ['an answer without an end', pour, 'bad_answer'],
  [
    'half an answer',
    (response) => response.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'),
    'unreachable',
  ],
  ['a hung-up line', (response) => response.socket?.destroy(), 'unreachable'],
  ['a cut line', (response) => response.socket?.resetAndDestroy(), 'unreachable'],
  ['a refusal', (response) => response.end('{"status":[0,0]}'), 'refused'],
];

/** Answers and answers, as fast as it is read. */
function pour(response: Parameters<Misbehaviour>[0]): void {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(10_000)));
  };
  response.on('drain', more).on('error', () => undefined);
  more();
}

/** Answers a byte now and then. */
function drip(response: Parameters<Misbehaviour>[0]): void {
  response.writeHead(200, { 'content-length': 1000 });
  const timer = setInterval(() => response.write(' '), 200);
  response.once('close', () => {
    clearInterval(timer);
  });
}

async function sendTwo(daemon: DaemonProcess, address: string): Promise<void> {
  const answer = await daemon.api.post(conversationPath(address), {
    messages: [
      { message: 'one', id: 'one' },
      { message: 'two', id: 'two' },
    ],
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer));
}

async function outcomesOf(daemon: DaemonProcess, address: string): Promise<readonly unknown[]> {
  const { timeline } = await daemon.api.details(address, 'two');
  return timeline.map(({ outcome }) => outcome);
}

async function statesOf(daemon: DaemonProcess, address: string): Promise<readonly string[]> {
  return (await daemon.api.messages(address)).map(({ state }) => state);
}

test('nonsense is never taken for a delivery, and what waits arrives once the peer comes to its senses', async (t) => {
  const daemon = await startDaemonProcess(t);
  const peers: (readonly [BadPeer, string, DeliveryOutcome])[] = [];
  for (const [what, misbehaviour, outcome] of NONSENSE) {
    const peer = await startBadPeer(t, daemon);
    peer.turn(misbehaviour);
    await sendTwo(daemon, peer.address);
    peers.push([peer, what, outcome]);
  }

  for (const [peer, what, outcome] of peers) {
    await eventually(async () => (await outcomesOf(daemon, peer.address)).includes(outcome)).catch(
      async (error: unknown) => {
        t.log(what, await outcomesOf(daemon, peer.address));
        throw error;
      },
    );
    t.deepEqual(await statesOf(daemon, peer.address), ['queued', 'queued'], what);
  }

  for (const [peer, what] of peers) {
    peer.turn(undefined);
    await daemon.api.post(`${conversationPath(peer.address)}/one/retry`);
    await eventually(async () =>
      (await statesOf(daemon, peer.address)).every((state) => state === 'delivered'),
    );
    t.deepEqual(peer.texts, ['one', 'two'], what);
  }
  t.deepEqual(daemon.defects, []);
});

test('a redirect leads nowhere', async (t) => {
  const daemon = await startDaemonProcess(t);
  let visits = 0;
  const elsewhere = createServer((_, response) => {
    visits += 1;
    response.end('{"status":[1,1]}');
  }).listen(0, '127.0.0.1');
  t.teardown(() => elsewhere.close());
  await once(elsewhere, 'listening');
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  const peer = await startBadPeer(t, daemon);
  peer.turn((response) => response.writeHead(307, { location }).end());

  await sendTwo(daemon, peer.address);
  await eventually(async () => (await outcomesOf(daemon, peer.address)).includes('bad_answer'));

  t.is(visits, 0);
  t.deepEqual(await statesOf(daemon, peer.address), ['queued', 'queued']);
});

/** Four contacts, each of which has been told something and does not come to an end with its answer. */
async function startSlowPeers(t: ExecutionContext, daemon: DaemonProcess): Promise<BadPeer[]> {
  const slow: BadPeer[] = [];
  for (const misbehaviour of [() => undefined, drip, () => undefined, drip]) {
    const peer = await startBadPeer(t, daemon);
    peer.turn(misbehaviour);
    await sendTwo(daemon, peer.address);
    slow.push(peer);
  }
  for (const peer of slow) await eventually(() => peer.pending === 1);
  return slow;
}

/** Writes one message after another, each when the one before was delivered. */
async function deliverTwenty(from: DaemonProcess, to: DaemonProcess): Promise<readonly string[]> {
  const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  for (const text of texts) {
    const { id } = await from.api.send(to.address, text);
    await eventually(async () => (await from.api.details(to.address, id)).state === 'delivered');
  }
  return texts;
}

test('contacts that hang, drip or let nobody in do not delay the others', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.1' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.1' });
  await befriend(alice, bob);
  const deaf = await startDeafListener(t);
  await alice.api.post('/api/contacts', { address: deaf });
  const slow: BadPeer[] = [];
  const texts: string[] = [];
  let isFirstWordHanging: boolean;
  let pauseMs: number;

  // All is to happen while the first word to each of the slow ones still hangs.
  do {
    const fresh: BadPeer[] = [];
    const round = async (): Promise<void> => {
      fresh.push(...(await startSlowPeers(t, alice)));
      texts.push(...(await deliverTwenty(alice, bob)));
    };
    pauseMs = await longestPauseMs(round());
    isFirstWordHanging = fresh.every(({ hits, pending }) => hits === 1 && pending === 1);
    slow.push(...fresh);
    // A machine that stood still for half of what a request may take has shown nothing.
  } while (!isFirstWordHanging && pauseMs > 5000);

  t.true(isFirstWordHanging);
  t.deepEqual(await bob.api.texts(alice.address), texts);
  for (const { address } of slow) {
    await eventually(async () => (await outcomesOf(alice, address)).includes('timeout'));
    t.deepEqual(await statesOf(alice, address), ['queued', 'queued']);
  }
  const attempt = (await alice.api.contact(deaf))?.other_info.last_attempt;
  t.is(attempt?.outcome, 'timeout');
  t.is((await alice.api.contact(deaf))?.state, 'requested');
  t.deepEqual(alice.defects, []);
});

test('a daemon whose peers all hang stops at once all the same', async (t) => {
  const daemon = await startDaemonProcess(t);
  const peer = await startBadPeer(t, daemon);
  peer.turn(() => undefined);
  await sendTwo(daemon, peer.address);
  await eventually(() => peer.pending === 1);

  t.is(await daemon.stop(), 0);

  await daemon.start();
  t.deepEqual(await statesOf(daemon, peer.address), ['queued', 'queued']);
});

test('what was on its way to a daemon that stood still arrives once, though it was sent twice', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  await bob.freeze();
  const { id } = await alice.api.send(bob.address, 'are you asleep?');
  await eventually(async () =>
    (await alice.api.details(bob.address, id)).timeline.some(
      ({ outcome }) => outcome === 'timeout',
    ),
  );
  t.is((await alice.api.details(bob.address, id)).state, 'queued');

  bob.thaw();

  // Bob's daemon finds the first request in its socket, which Alice's has given up, and then the second one.
  await eventually(async () => (await alice.api.details(bob.address, id)).state === 'delivered');
  t.deepEqual(await bob.api.texts(alice.address), ['are you asleep?']);
  t.is((await bob.api.contact(alice.address))?.unread, 1);
});
