import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { openStores, type Stores } from '../../daemon/stores/open-stores.ts';
import type { Address } from '../../daemon/wire/address.ts';
import { conversationPath } from '../helpers/api.ts';
import {
  CrashModel,
  LUCKS,
  readState,
  writeState,
  type FolderState,
} from '../helpers/crash-model.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import { SyscallLog, type FileEvent } from '../helpers/syscall-log.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ROUNDS = 2;

/** Something that somebody was told, and when: a message is kept or gone for good, a contact or a name is noted. */
type Promised = Readonly<{
  kind: 'message' | 'gone' | 'contact' | 'nick';
  value: string;
  atMs: number;
}>;

/** Sends, receives, deletes, adds a contact and changes a document, one after another. */
async function converse(alice: DaemonProcess, bob: DaemonProcess): Promise<readonly Promised[]> {
  const promised: Promised[] = [];
  const promise = (kind: Promised['kind'], value: string): unknown =>
    promised.push({ kind, value, atMs: Date.now() });
  for (let round = 0; round < ROUNDS; round++) {
    const [out, incoming, nick] = [`out ${round}`, `in ${round}`, `Alice ${round}`];
    const sent = await alice.api.send(bob.address, out);
    promise('message', out);
    const { id } = await bob.api.send(alice.address, incoming);
    await eventually(async () => (await bob.api.details(alice.address, id)).state === 'delivered');
    promise('message', incoming);
    await alice.api.patch('/api/me', { nick });
    promise('nick', nick);
    await alice.api.post('/api/contacts', { address: `127.0.0.9:${4_000 + round}` });
    promise('contact', `127.0.0.9:${4_000 + round}`);
    await alice.api.delete(`${conversationPath(bob.address)}/${sent.id}`);
    promise('gone', out);
  }
  return promised;
}

async function open(folder: string, onNotice: (code: string) => void): Promise<Stores> {
  return openStores({
    folder,
    journal: { fsync: 'never', intervalMs: 1000 },
    choices: { nick: '', status: 'online', settings: DEFAULT_SETTINGS },
    clock: systemClock,
    random: systemRandom,
    onNotice: ({ code }) => onNotice(code),
    onDiskChange: () => undefined,
  });
}

/** What is wrong with a folder after what was promised so far, `all` being what was yet to come too; `''` for nothing. */
async function judge(
  folder: string,
  bob: Address,
  { promised, all }: Readonly<{ promised: readonly Promised[]; all: readonly Promised[] }>,
): Promise<string> {
  const notices: string[] = [];
  const stores = await open(folder, (code) => notices.push(code));
  try {
    const conversation = stores.messages.conversationOf(bob) ?? 0;
    const page = await stores.messages.page(conversation, { limit: 200 });
    const texts = page.map(({ text }) => text);
    const contacts: readonly string[] = stores.contacts.initial.map(({ address }) => address);
    const nicks = valuesOf(all, 'nick');
    const leastNick = valuesOf(promised, 'nick').length - 1;
    // What is about to be deleted may be so already.
    const doomed = valuesOf(all, 'gone');
    const kept = valuesOf(promised, 'message').filter((text) => !doomed.includes(text));
    return [
      ...notices.filter((code) => code !== 'journal_repaired'),
      ...kept.filter((text) => !texts.includes(text)).map((text) => `${text} is lost`),
      ...valuesOf(promised, 'gone')
        .filter((text) => texts.includes(text))
        .map((text) => `${text} has come back`),
      ...texts
        .filter((text) => !valuesOf(all, 'message').includes(text))
        .map((text) => `${text} is made up`),
      ...(new Set(texts).size < texts.length ? ['something is there twice'] : []),
      ...[bob, ...valuesOf(promised, 'contact')]
        .filter((address) => !contacts.includes(address))
        .map((address) => `${address} is lost`),
      ...(nicks.indexOf(await nickIn(folder)) < leastNick ? ['the name is an old one'] : []),
    ].join(', ');
  } finally {
    await stores.close();
  }
}

/** The name that the owner has set. */
async function nickIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { nick?: string }).nick ?? '';
}

function valuesOf(promised: readonly Promised[], kind: Promised['kind']): readonly string[] {
  return promised.filter((one) => one.kind === kind).map(({ value }) => value);
}

function fingerprint(state: FolderState): string {
  const hash = createHash('sha256');
  for (const [path, bytes] of [...state].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(`${path} ${bytes.byteLength}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Opens the folder as it may be after each call. @returns How many states there were, and what is wrong. */
async function tryAll(
  t: ExecutionContext,
  before: FolderState,
  recorded: Readonly<{ folder: string; events: readonly FileEvent[]; bob: Address }>,
  promises: readonly Promised[],
): Promise<Readonly<{ states: number; faults: readonly string[]; last: FolderState }>> {
  const parent = await temporaryFolder(t);
  const model = new CrashModel(recorded.folder, before);
  const tried = new Set<string>();
  const faults: string[] = [];
  for (const [index, event] of recorded.events.entries()) {
    model.apply(event);
    // Whoever was told before the next call began was told of this state.
    const nextMs = recorded.events[index + 1]?.atMs ?? Infinity;
    const promised = promises.filter(({ atMs }) => atMs < nextMs);
    for (const luck of LUCKS) {
      const state = model.state(luck);
      const name = `${fingerprint(state)} ${promised.length}`;
      if (tried.has(name)) continue;
      tried.add(name);
      const folder = join(parent, String(tried.size));
      await writeState(folder, state);
      const fault = await judge(folder, recorded.bob, { promised, all: promises }).catch(String);
      if (fault !== '') faults.push(`${index} ${event.kind} ${event.path} (${luck}): ${fault}`);
      await rm(folder, { recursive: true });
    }
  }
  return { states: tried.size, faults, last: model.state('all') };
}

test('row 10: after a crash between any two calls, with or without what was not synced, all that was promised is there', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2', nick: '' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  const log = await SyscallLog.attach(alice.pid, join(await temporaryFolder(t), 'calls'));
  if (log === undefined) {
    t.log('skipped: calls can be watched only by strace');
    t.pass();
    return;
  }
  await alice.freeze();
  const before = await readState(alice.data);
  const beforeMs = Date.now();
  alice.thaw();
  const promises = await converse(alice, bob);
  await alice.stop();
  const events = (await log.read(alice.data)).filter(({ atMs }) => atMs > beforeMs);

  const recorded = { folder: alice.data, events, bob: bob.address };
  const { states, faults, last } = await tryAll(t, before, recorded, promises);

  t.log(`${events.length} calls, ${states} states`);
  t.deepEqual(faults, []);
  // The model knows what the calls do, or it would prove nothing.
  t.is(fingerprint(last), fingerprint(await readState(alice.data)));
});
