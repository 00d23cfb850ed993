import test, { type ExecutionContext } from 'ava';
import type { ApiRelayEntry } from '../../daemon/wire/gui-api.ts';
import { contactPath, conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

/** Starts daemons on hosts of their own, each a contact of every other. */
async function startFriends(
  t: ExecutionContext,
  nicks: readonly string[],
): Promise<DaemonProcess[]> {
  const daemons = await Promise.all(
    nicks.map((nick, index) => startDaemonProcess(t, { nick, host: `127.0.0.${index + 2}` })),
  );
  for (const [index, one] of daemons.entries()) {
    for (const other of daemons.slice(index + 1)) await befriend(one, other);
  }
  return daemons;
}

/** What an owner does once, so that relays carry plain messages to `recipient`. */
async function allowRelays(
  sender: DaemonProcess,
  recipient: DaemonProcess,
  relays: readonly DaemonProcess[],
): Promise<void> {
  await sender.api.patch(contactPath(recipient.address), { relay_plain: true });
  for (const relay of relays) {
    await sender.api.patch(contactPath(relay.address), { can_resend: 1 });
  }
}

async function ledgerOf(relay: DaemonProcess): Promise<readonly ApiRelayEntry[]> {
  return (await relay.api.get('/api/relay')).body as readonly ApiRelayEntry[];
}

async function hasState(
  sender: DaemonProcess,
  recipient: DaemonProcess,
  id: string,
  state: string,
): Promise<boolean> {
  return (await sender.api.details(recipient.address, id)).state === state;
}

test('a friend carries a message while sender and recipient are never there together', async (t) => {
  const [alice, bob, carol] = await startFriends(t, ['Alice', 'Bob', 'Carol']);
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('too few');
  await allowRelays(alice, carol, [bob]);
  await carol.stop();

  const { id } = await alice.api.send(carol.address, 'see you at eight');
  await eventually(() => hasState(alice, carol, id, 'relayed'));
  t.is((await alice.api.details(carol.address, id)).via, bob.address);
  const [line] = await ledgerOf(bob);
  t.like(line, { from: alice.address, to: carol.address, messages: 1 });
  // Sealed and padded, so that its size says little.
  t.true((line?.bytes ?? 0) > 256);

  await alice.kill();
  await carol.start();
  await eventually(async () => (await carol.api.messages(alice.address)).length === 1);
  const [carried] = await carol.api.messages(alice.address);
  t.like(carried, { message: 'see you at eight', from: alice.address, via: bob.address });
  await eventually(async () => (await ledgerOf(bob)).length === 0);

  await alice.start();
  await eventually(() => hasState(alice, carol, id, 'delivered'));
  t.is((await carol.api.messages(alice.address)).length, 1);
  const { timeline } = await alice.api.details(carol.address, id);
  t.deepEqual(
    timeline.filter(({ outcome }) => outcome !== 'timeout').map(({ step, via }) => [step, via]),
    [
      ['queued', null],
      ['attempt', null],
      ['relayed', bob.address],
      ['delivered', null],
    ],
  );
});

test('over several relays, one of which is killed while it carries, each message shows once and in order', async (t) => {
  const [alice, bob, dora, carol] = await startFriends(t, ['Alice', 'Bob', 'Dora', 'Carol']);
  if (alice === undefined || bob === undefined || dora === undefined || carol === undefined) {
    throw new Error('too few');
  }
  await allowRelays(alice, carol, [bob, dora]);
  await carol.stop();
  const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  for (const text of texts) await alice.api.send(carol.address, text);
  for (const relay of [bob, dora]) {
    await eventually(async () => (await ledgerOf(relay))[0]?.messages === texts.length);
  }

  await alice.kill();
  await bob.kill();
  await bob.start();
  t.is((await ledgerOf(bob))[0]?.messages, texts.length);
  await carol.start();
  for (const relay of [bob, dora]) {
    await eventually(async () => (await ledgerOf(relay)).length === 0);
  }
  t.deepEqual(await carol.api.texts(alice.address), texts);

  await alice.start();
  await eventually(async () =>
    (await alice.api.messages(carol.address)).every(({ state }) => state === 'delivered'),
  );
  t.deepEqual(await carol.api.texts(alice.address), texts);
});

test('a message that is cancelled is withdrawn from its relay and never arrives', async (t) => {
  const [alice, bob, carol] = await startFriends(t, ['Alice', 'Bob', 'Carol']);
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('too few');
  await allowRelays(alice, carol, [bob]);
  await carol.stop();
  const { id } = await alice.api.send(carol.address, 'I never liked you');
  await eventually(() => hasState(alice, carol, id, 'relayed'));

  const cancelled = await alice.api.post(`${conversationPath(carol.address)}/${id}/cancel`);
  t.like(cancelled.body, { state: 'failed', reason: 'cancelled' });
  await eventually(async () => (await ledgerOf(bob)).length === 0);

  await carol.start();
  await alice.api.send(carol.address, 'hello');
  await eventually(async () => (await carol.api.texts(alice.address)).includes('hello'));
  t.deepEqual(await carol.api.texts(alice.address), ['hello']);
});
