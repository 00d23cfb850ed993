/** Security test row 31: a backup of a daemon at work, and the life of the daemon that is restored from it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import { conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { runCommand, type CommandResult } from '../helpers/run-command.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const VESTNIK_PASSPHRASE = 'bring the thermos';

function vestnik(...words: readonly string[]): Promise<CommandResult> {
  return runCommand(words, '', { VESTNIK_PASSPHRASE });
}

/** Two friends with some history, and a place for files. */
async function startFriends(t: ExecutionContext) {
  const [alice, bob, place] = await Promise.all([
    startDaemonProcess(t, { nick: 'Alice' }),
    startDaemonProcess(t, { nick: 'Bob' }),
    temporaryFolder(t),
  ]);
  await befriend(alice, bob);
  for (let i = 0; i < 5; i++) {
    await alice.api.send(bob.address, `alice ${i}`);
    await bob.api.send(alice.address, `bob ${i}`);
  }
  await hasTexts(alice, bob.address, 10);
  await hasTexts(bob, alice.address, 10);
  return { alice, bob, place };
}

async function hasTexts(daemon: DaemonProcess, address: string, count: number): Promise<void> {
  await eventually(async () => (await daemon.api.texts(address)).length >= count);
}

/** All messages of a conversation, oldest first, however many a page holds. */
async function wholeConversation(
  { api }: DaemonProcess,
  address: string,
): Promise<readonly ApiMessage[]> {
  const all: ApiMessage[] = [];
  for (;;) {
    const before = all[0] === undefined ? '' : `&before=${all[0].s}`;
    const { body } = await api.get(`${conversationPath(address)}?limit=200${before}`);
    const page = body as readonly ApiMessage[];
    if (page.length === 0) return all;
    all.unshift(...page);
  }
}

/** Keeps a conversation going until told to stop; says how many messages were written. */
function keepTalking(one: DaemonProcess, other: DaemonProcess) {
  let isOver = false;
  const talk = async (): Promise<number> => {
    let count = 0;
    for (; !isOver; count++) await one.api.send(other.address, `under load ${count}`);
    return count;
  };
  const talking = talk();
  return {
    stop: (): Promise<number> => {
      isOver = true;
      return talking;
    },
  };
}

test('row 31: a backup made under load and restored elsewhere goes on with its friends without a key alarm', async (t) => {
  const { alice, bob, place } = await startFriends(t);
  const file = join(place, 'alice.backup');
  const talk = keepTalking(alice, bob);

  const made = await vestnik('backup', file, '--data', alice.data);
  const written = await talk.stop();
  t.is(made.code, 0, made.complaints);
  t.is((await stat(file)).mode & 0o777, 0o600);
  await eventually(async () => (await alice.api.conversations())[0]?.last?.state === 'delivered');
  const before = await wholeConversation(alice, bob.address);
  const since = await bob.api.send(alice.address, 'after the backup');
  await eventually(
    async () => (await bob.api.details(alice.address, since.id)).state === 'delivered',
  );
  const identity = (await alice.api.get('/api/me')).body as { fingerprint: string };
  await alice.kill();
  const waiting = await bob.api.send(alice.address, 'while Alice was nowhere');

  const home = join(place, 'new machine');
  const restored = await vestnik('restore', file, '--data', home);
  t.is(restored.code, 0, restored.complaints);
  const again = await startDaemonProcess(t, { nick: 'Alice', data: home });

  t.is(
    ((await again.api.get('/api/me')).body as { fingerprint: string }).fingerprint,
    identity.fingerprint,
  );
  const kept = await wholeConversation(again, bob.address);
  t.deepEqual(
    kept.map(({ message }) => message),
    before.slice(0, kept.length).map(({ message }) => message),
  );
  t.true(kept.length >= 10);

  // She has another address now; he hears of it from her, and what waited comes.
  await again.api.send(bob.address, 'here I am');
  await eventually(async () => (await bob.api.texts(again.address)).includes('here I am'));
  await eventually(
    async () => (await bob.api.details(again.address, waiting.id)).state === 'delivered',
  );
  const texts = (await wholeConversation(bob, again.address)).map(({ message }) => message);
  t.is(new Set(texts).size, texts.length, 'nothing is there twice');
  for (let i = 0; i < written; i++) t.true(texts.includes(`under load ${i}`));
  t.true((await again.api.texts(bob.address)).includes('while Alice was nowhere'));
  for (const contact of [...(await bob.api.contacts()), ...(await again.api.contacts())]) {
    t.is(contact.other_info.candidate, null);
    t.is(contact.trust, 'tofu');
    t.is(contact.other_info.rekeyed, null);
  }
  t.is((await bob.api.contacts()).length, 1);
  t.deepEqual([...bob.defects, ...again.defects], []);
});
