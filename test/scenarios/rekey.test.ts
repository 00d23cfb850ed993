/** Another identity, between daemons in processes of their own that are killed in the middle of it. */
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ApiMe } from '../../daemon/wire/gui-api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

async function ownOf(daemon: DaemonProcess): Promise<ApiMe> {
  return (await daemon.api.get('/api/me')).body as ApiMe;
}

async function startPair(t: ExecutionContext) {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3' });
  await befriend(alice, bob);
  await requireTalk(t, alice, bob, 'before');
  return { alice, bob };
}

async function requireTalk(
  t: ExecutionContext,
  alice: DaemonProcess,
  bob: DaemonProcess,
  name: string,
): Promise<void> {
  await alice.api.send(bob.address, `${name} 1`);
  await bob.api.send(alice.address, `${name} 2`);
  for (const [reader, writer, text] of [
    [bob, alice, `${name} 1`],
    [alice, bob, `${name} 2`],
  ] as const) {
    await eventually(async () => (await reader.api.texts(writer.address)).includes(text));
    const texts = await reader.api.texts(writer.address);
    t.is(new Set(texts).size, texts.length);
    t.deepEqual(reader.defects, []);
  }
}

/** Bob keeps whom Alice is now, and Alice has forgotten whom she was. */
async function untilUnderstood(alice: DaemonProcess, bob: DaemonProcess): Promise<void> {
  await eventually(async () => {
    const { fingerprint, rekey } = await ownOf(alice);
    const known = await bob.api.contact(alice.address);
    return (
      rekey === null && known?.fingerprint === fingerprint && known.other_info.candidate === null
    );
  });
}

/** Resolves as soon as a file of a data folder fits; kept files are replaced whole. */
async function untilFile(
  { data }: DaemonProcess,
  name: string,
  isSo: (text: string) => boolean,
): Promise<void> {
  const read = async (): Promise<string> => readFile(join(data, name), 'utf8').catch(() => '');
  await new Promise<void>((resolve) => {
    const watcher = watch(data, () => void look());
    async function look(): Promise<void> {
      if (!isSo(await read())) return;
      watcher.close();
      resolve();
    }
    void look();
  });
}

test('a friend who compared the old key hears of the new one, and is asked to compare again', async (t) => {
  const { alice, bob } = await startPair(t);
  const before = await ownOf(alice);
  await bob.api.post(`/api/contacts/${encodeURIComponent(alice.address)}/verify`);

  const answer = await alice.api.post('/api/me/rekey');
  await untilUnderstood(alice, bob);

  t.is(answer.status, 200);
  t.not((await ownOf(alice)).fingerprint, before.fingerprint);
  const known = await bob.api.contact(alice.address);
  t.like(known, { trust: 'tofu', verified: false });
  t.truthy(known?.other_info.rekeyed);
  t.false((await readFile(join(alice.data, 'identity.json'), 'utf8')).includes('former'));
  await requireTalk(t, alice, bob, 'after');
});

const MOMENTS = [
  // First, since its mark stays.
  ['the friend has heard of it', 'bob', 'contacts.json', '"rekeyed"'],
  ['the new key is on the disk', 'alice', 'identity.json', 'former'],
  ['the notice is about to leave', 'alice', 'contacts.json', 'rekey_offered'],
] as const;

for (const victims of [['alice'], ['bob'], ['alice', 'bob']] as const) {
  test(`kill -9 of ${victims.join(' and ')} does no harm when ${MOMENTS.map(([moment]) => moment).join(', or ')}`, async (t) => {
    const pair = await startPair(t);

    for (const [moment, whose, file, mark] of MOMENTS) {
      const isThere = untilFile(pair[whose], file, (text) => text.includes(mark));
      // Whoever is killed may not answer any more.
      const asked = pair.alice.api.post('/api/me/rekey').catch(() => undefined);
      await isThere;
      await Promise.all(victims.map((victim) => pair[victim].kill()));
      await asked;
      await Promise.all(victims.map((victim) => pair[victim].start()));

      await untilUnderstood(pair.alice, pair.bob);
      await requireTalk(t, pair.alice, pair.bob, `after ${moment}`);
    }
  });
}
