/** Real daemons that talk encrypted while somebody listens, repeats, kills, and puts old copies of their data back. */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { contactPath } from '../helpers/api.ts';
import { startBasePeer } from '../helpers/base-peer.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { startWiretap, type Tapped } from '../helpers/wiretap.ts';

const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';
const COUNT = IS_LONG ? 2_500 : 12;
const PATIENCE = { timeoutMs: IS_LONG ? 300_000 : 45_000 };

async function isEncrypted(one: DaemonProcess, other: DaemonProcess): Promise<boolean> {
  return (await one.api.contact(other.address))?.encryption === 'dr1';
}

async function startEncryptedPair(t: ExecutionContext) {
  const taps = await Promise.all([startWiretap(t), startWiretap(t)]);
  const [alice, bob] = await Promise.all([
    startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2', behind: taps[0] }),
    startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3', behind: taps[1] }),
  ]);
  await befriend(alice, bob);
  await eventually(async () => (await isEncrypted(alice, bob)) && (await isEncrypted(bob, alice)));
  return { alice, bob, taps };
}

/** Writes to and fro until everything is acknowledged. */
async function talk(one: DaemonProcess, other: DaemonProcess, name: string, count = 3) {
  for (let i = 0; i < count; i++) {
    await one.api.send(other.address, `${name} ${i} from ${one.nick}`);
    await other.api.send(one.address, `${name} ${i} from ${other.nick}`);
  }
  await eventually(
    async () => (await isResting(one, other)) && (await isResting(other, one)),
    PATIENCE,
  );
}

async function isResting(one: DaemonProcess, other: DaemonProcess): Promise<boolean> {
  return (await one.api.messages(other.address))
    .filter(({ direction }) => direction === 'out')
    .every(({ state }) => state === 'delivered' || state === 'read');
}

async function incoming(one: DaemonProcess, other: DaemonProcess): Promise<readonly string[]> {
  const messages = await one.api.messages(other.address);
  return messages.flatMap(({ direction, message }) => (direction === 'in' ? message : []));
}

test('row 4: a conversation that was recorded and is played back twice, to the same and to others, adds no line', async (t) => {
  const { alice, bob, taps } = await startEncryptedPair(t);
  const carol = await startDaemonProcess(t, { nick: 'Carol', host: '127.0.0.4' });
  await befriend(alice, carol);
  await talk(alice, bob, 'word', COUNT);
  const [toAlice, toBob] = taps.map(({ heard }) => [...heard]) as [Tapped[], Tapped[]];
  const histories = async () => [
    await alice.api.texts(bob.address),
    await bob.api.texts(alice.address),
    await carol.api.texts(alice.address),
  ];
  const before = await histories();

  for (let round = 0; round < 2; round++) {
    for (const one of toAlice) await taps[0].replay(one);
    for (const one of toBob) await taps[1].replay(one);
    // Reflected to who said it, and to a third.
    for (const one of toBob.filter(isMessage))
      t.false(hasYes(await taps[1].replay(one, alice.address)));
    for (const one of toBob.filter(isMessage))
      t.false(hasYes(await taps[1].replay(one, carol.address)));
    await bob.kill();
    await bob.start();
  }

  t.deepEqual(await histories(), before);
  await talk(alice, bob, 'after', 1);
  t.is((await alice.api.contact(bob.address))?.other_info.candidate, null);
  t.deepEqual([...alice.defects, ...bob.defects, ...carol.defects], []);
});

function isMessage({ body }: Tapped): boolean {
  return body.includes('"enctype":"dr1"');
}

function hasYes(answer: string): boolean {
  const { status } = JSON.parse(answer) as { status: number | number[] };
  return [status].flat().includes(1);
}

test('row 6: a data folder of yesterday is put back: what comes after arrives, both ways', async (t) => {
  const { alice, bob } = await startEncryptedPair(t);
  await talk(alice, bob, 'before');
  await bob.stop();
  const backup = join(await temporaryFolder(t), 'copy');
  await cp(bob.data, backup, { recursive: true });
  await bob.start();
  await talk(alice, bob, 'meanwhile', IS_LONG ? 250 : 20);
  await bob.stop();
  await rm(bob.data, { recursive: true });
  await cp(backup, bob.data, { recursive: true });
  await alice.api.send(bob.address, 'while he was away');
  await bob.start();

  await talk(alice, bob, 'after');

  const [toBob, toAlice] = [await incoming(bob, alice), await incoming(alice, bob)];
  for (const texts of [toBob, toAlice]) t.is(new Set(texts).size, texts.length);
  t.true(toBob.includes('while he was away'));
  t.true(toAlice.includes('after 2 from Bob'));
  t.true(toBob.includes('after 2 from Alice'));
  t.is((await alice.api.contact(bob.address))?.other_info.candidate, null);
});

test('a receiver that is killed under load shows each message once, and the sender learns of all', async (t) => {
  const { alice, bob } = await startEncryptedPair(t);
  const texts = Array.from({ length: 60 }, (_, i) => `message ${i}`);
  const sending = (async () => {
    for (const text of texts) await alice.api.send(bob.address, text);
  })();
  for (let round = 0; round < 3; round++) {
    await eventually(async () => (await incoming(bob, alice)).length > round * 15);
    await bob.kill();
    await bob.start();
  }
  await sending;

  await eventually(() => isResting(alice, bob), PATIENCE);
  t.deepEqual(await incoming(bob, alice), texts);
  t.deepEqual([...alice.defects, ...bob.defects], []);
});

test('row 18: neither the disk of a relay nor what goes over it tells a word or a length', async (t) => {
  const { alice, bob: carol } = await startEncryptedPair(t);
  const tap = await startWiretap(t);
  const relay = await startDaemonProcess(t, { nick: 'Relay', host: '127.0.0.5', behind: tap });
  await befriend(alice, relay);
  await befriend(carol, relay);
  await alice.api.patch(contactPath(relay.address), { can_resend: 1 });
  await carol.stop();
  const words = ['a canary', 'a canary that sings rather longer than the other'];
  for (const word of words) await alice.api.send(carol.address, word);
  await eventually(async () =>
    (await alice.api.messages(carol.address)).every(({ state }) => state === 'relayed'),
  );

  const disk = await readAll(relay.data);
  const sent = tap.heard.filter(({ body }) => body.includes('"resend"'));
  const sizes = sent.map(({ body }) => (JSON.parse(body) as { message: string }).message.length);
  t.is(sizes.length, words.length);
  t.is(new Set(sizes).size, 1);
  const keys = await keysBetween(alice, carol);
  t.true(disk.includes(alice.address));
  for (const secret of ['canary', ...keys]) {
    t.false(disk.includes(secret), secret);
    t.false(JSON.stringify(tap.heard).includes(secret), secret);
  }
  await carol.start();
  await eventually(async () => (await incoming(carol, alice)).length === words.length);
});

async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

/** The access keys that two gave each other, as one of them keeps them. */
async function keysBetween(one: DaemonProcess, other: DaemonProcess): Promise<readonly string[]> {
  const book = JSON.parse(await readFile(join(one.data, 'contacts.json'), 'utf8')) as Readonly<
    Record<string, { key: string; other_info: { issued_key: string } }>
  >;
  const entry = book[other.address];
  if (entry === undefined) throw new Error('no such contact');
  return [entry.key, entry.other_info.issued_key];
}

test('a friend who comes back with its data at another address is the same friend', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3' });
  const neighbour = await startDaemonProcess(t, { nick: 'Neighbour', host: '127.0.0.3' });
  await befriend(alice, bob);
  await befriend(alice, neighbour);
  await talk(alice, bob, 'before');
  const old = bob.address;

  await bob.stop();
  bob.moveTo('127.0.0.6');
  await bob.start();

  await eventually(async () => (await alice.api.contact(bob.address)) !== undefined);
  await talk(alice, bob, 'after', 1);
  await talk(alice, neighbour, 'next door', 1);
  t.is(await alice.api.contact(old), undefined);
  t.is((await incoming(alice, bob)).length, 4);
  t.deepEqual(await incoming(alice, neighbour), ['next door 0 from Neighbour']);
});

test('a friend who gets a daemon that encrypts is asked about once, and is encrypted from then on', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const base = await startBasePeer(t, { host: '127.0.0.3' });
  await alice.api.post('/api/contacts', { address: base.address });
  await eventually(() => base.theirKey !== '');
  await base.say(alice.address, { action: 'handshake', key: 'k', from: base.address });
  await alice.api.send(base.address, 'in plain');
  await eventually(() => base.texts.includes('in plain'));
  base.stop();
  const bob = await startDaemonProcess(t, {
    nick: 'Bob',
    host: '127.0.0.3',
    port: Number(base.address.split(':')[1]),
  });

  await bob.api.post('/api/contacts', { address: alice.address });
  await eventually(
    async () => (await alice.api.contact(bob.address))?.other_info.candidate !== null,
  );
  await alice.api.post(`${contactPath(bob.address)}/accept`);

  await eventually(async () => (await isEncrypted(alice, bob)) && (await isEncrypted(bob, alice)));
  await alice.api.send(bob.address, 'sealed');
  await eventually(async () => (await incoming(bob, alice)).includes('sealed'));
  t.deepEqual(
    (await alice.api.messages(bob.address)).map(({ message, enctype }) => [message, enctype]),
    [
      ['in plain', ''],
      ['sealed', 'dr1'],
    ],
  );
});
