import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import { encodeSessions } from '../../daemon/crypto/session-bytes.ts';
import type { PeerSessions } from '../../daemon/crypto/sessions.ts';
import { openSessionStore, type SessionStoreOptions } from '../../daemon/stores/session-store.ts';
import { eventually } from '../helpers/eventually.ts';
import { EvolvingSessions, happening, type Happening } from '../helpers/evolving-sessions.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);
const LINE_END = 0x0a;

async function openStore(folder: string, options: Partial<SessionStoreOptions> = {}) {
  const clock = new FakeClock();
  const notices: string[] = [];
  const store = await openSessionStore({
    folder,
    sealKey: undefined,
    fsync: 'always',
    intervalMs: 5000,
    random: fakeRandom(),
    clock,
    onNotice: ({ code }) => notices.push(code),
    ...options,
  });
  return { store, clock, notices };
}

/** A store in a fresh folder; `states` is what a start would find, without stopping the store. */
async function useStore(t: ExecutionContext, options: Partial<SessionStoreOptions> = {}) {
  const folder = await temporaryFolder(t);
  const opened = await openStore(folder, options);
  t.teardown(() => opened.store.close());
  const path = join(folder, 'ratchet.log');
  const states = async () => {
    const copy = await temporaryFolder(t);
    await copyFile(path, join(copy, 'ratchet.log'));
    const { store } = await openStore(copy, { ...options, disk: nodeDisk });
    await store.close();
    return textsOf(store.initial);
  };
  return { ...opened, folder, path, states };
}

/** Equal sessions are equal bytes. */
function textOf(sessions: PeerSessions): string {
  return Buffer.from(encodeSessions(sessions)).toString('hex');
}

function textsOf(all: ReadonlyMap<number, PeerSessions>): Record<number, string> {
  return Object.fromEntries([...all].map(([n, sessions]) => [n, textOf(sessions)]));
}

/** Sessions with something in each part. */
function grownSessions(seed = 0): EvolvingSessions {
  const evolving = new EvolvingSessions(seed);
  for (let i = 0; i < 20; i++) evolving.let('answers');
  for (const what of ['finishes', 'skips', 'turns', 'finishes', 'asks', 'sends'] as const) {
    evolving.let(what);
  }
  return evolving;
}

test('saved sessions are there after a crash', async (t) => {
  const { store, states, path } = await useStore(t);
  const [one, other] = [grownSessions(1), grownSessions(2)];

  await store.save(1, one.current);
  await Promise.all([store.save(1, one.let('sends')), store.save(2, other.current)]);
  await store.save(1, one.let('receives'));

  t.deepEqual(await states(), { 1: textOf(one.current), 2: textOf(other.current) });
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('of saves that wait together the last one counts', async (t) => {
  const { store, states, path } = await useStore(t);
  const evolving = grownSessions();

  const saves = [1, 2, 3].map(() => store.save(1, evolving.let('sends')));
  await Promise.all(saves);

  t.deepEqual(await states(), { 1: textOf(evolving.current) });
  t.is((await readFile(path, 'utf8')).trimEnd().split('\n').length, 1);
});

test('a save after a message writes little', async (t) => {
  const { store } = await useStore(t);
  const evolving = grownSessions();
  for (let i = 0; i < 256; i++) evolving.let('answers');
  await store.save(1, evolving.current);
  const before = store.sizes.fileBytes;

  await store.save(1, evolving.let('sends'));

  const added = store.sizes.fileBytes - before;
  t.true(before > 10_000 && added < 600, `${before} ${added}`);
});

test('removed sessions are gone', async (t) => {
  const { store, states } = await useStore(t);
  await store.save(1, grownSessions(1).current);
  await store.save(2, grownSessions(2).current);

  await store.remove(1);
  await store.remove(3);

  t.deepEqual(Object.keys(await states()), ['2']);
});

test('former states leave the disk within a minute', async (t) => {
  const { store, clock, path, states } = await useStore(t);
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  await store.save(1, evolving.let('sends'));
  await store.save(1, evolving.let('receives'));

  clock.advance(60_000);
  await eventually(() => store.sizes.staleBytes === 0);

  t.is((await readFile(path, 'utf8')).trimEnd().split('\n').length, 1);
  t.deepEqual(await states(), { 1: textOf(evolving.current) });
});

test('former states leave the disk when they are many', async (t) => {
  const { store, path } = await useStore(t);
  const evolving = grownSessions();
  for (let i = 0; i < 1500; i++) await store.save(1, evolving.let('sends'));

  // 256 KiB of former states, the present one, and room.
  t.true(store.sizes.fileBytes < 300 * 1024);
  t.true((await stat(path)).size < 600 * 1024);
});

test('former states leave the disk when the daemon stops', async (t) => {
  const { store, path } = await useStore(t);
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  await store.save(1, evolving.let('sends'));

  await store.close();

  t.is((await readFile(path, 'utf8')).trimEnd().split('\n').length, 1);
  await t.throwsAsync(store.save(1, evolving.current), { code: 'storage_failed' });
});

test('a failed save leaves the former state in force, and the next one works', async (t) => {
  const disk: Disk = { ...nodeDisk };
  const { store, states } = await useStore(t, { disk });
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  const before = textOf(evolving.current);
  const fail = (): never => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };

  disk.sync = fail;
  disk.syncInPool = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
  await t.throwsAsync(store.save(1, evolving.let('sends')), { instanceOf: StorageError });
  await t.throwsAsync(store.save(1, evolving.let('sends')), { instanceOf: StorageError });
  const after = await states();
  Object.assign(disk, nodeDisk);
  await store.save(1, evolving.let('sends'));

  t.deepEqual(after, { 1: before });
  t.deepEqual(await states(), { 1: textOf(evolving.current) });
});

test('while there is no room to tidy up, saves go on at the end of the file', async (t) => {
  const disk: Disk = { ...nodeDisk };
  const { store, clock, states } = await useStore(t, { disk });
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  await store.save(1, evolving.let('sends'));
  let attempts = 0;
  disk.open = (path, how) => {
    if (how === 'existing') return nodeDisk.open(path, how);
    attempts++;
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };

  clock.advance(60_000);
  for (let i = 0; i < 1000; i++) await store.save(1, evolving.let('sends'));

  t.is(attempts, 1);
  t.deepEqual(await states(), { 1: textOf(evolving.current) });
  Object.assign(disk, nodeDisk);
  clock.advance(60_000);
  await eventually(() => store.sizes.staleBytes === 0);
});

test('with syncs at an interval, one that fails makes the file anew with all that was saved', async (t) => {
  const disk: Disk = { ...nodeDisk };
  const { store, clock, path, states } = await useStore(t, { disk, fsync: 'interval' });
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  await store.save(1, evolving.let('sends'));
  const { ino: formerFile } = await stat(path);
  disk.syncInPool = () => {
    Object.assign(disk, nodeDisk);
    return Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
  };

  clock.advance(5000);

  await eventually(async () => (await stat(path)).ino !== formerFile);
  t.deepEqual(await states(), { 1: textOf(evolving.current) });
});

test('syncs come at an interval where that is wanted', async (t) => {
  const disk: Disk = { ...nodeDisk };
  let syncs = 0;
  disk.sync = (fd) => {
    syncs++;
    nodeDisk.sync(fd);
  };
  disk.syncInPool = (fd) => {
    syncs++;
    return nodeDisk.syncInPool(fd);
  };
  const { store, clock } = await useStore(t, { disk, fsync: 'interval' });
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  const first = syncs;
  await store.save(1, evolving.let('sends'));
  await store.save(1, evolving.let('sends'));
  const unsynced = syncs;

  clock.advance(5000);

  await eventually(() => syncs === first + 1);
  t.is(unsynced, first);
});

test('under a key nothing of a state can be read, and another key opens none', async (t) => {
  const { store, states, path, folder } = await useStore(t, { sealKey: KEY });
  const evolving = grownSessions();
  await store.save(1, evolving.current);
  await store.save(1, evolving.let('sends'));

  const text = await readFile(path, 'utf8');
  const inside = [...text.matchAll(/"x":"([^"]+)"/g)].map(([, x = '']) =>
    Buffer.from(x, 'base64url'),
  );

  const { sessionId } = evolving.current.current?.state ?? {};
  t.true(
    inside.length === 2 && inside.every((bytes) => !bytes.includes(Buffer.from(sessionId ?? []))),
  );
  t.deepEqual(await states(), { 1: textOf(evolving.current) });
  await store.close();
  const other = await openStore(folder, { sealKey: OTHER_KEY });
  t.is(other.store.initial.size, 0);
  t.deepEqual(other.notices, ['sessions_damaged']);
  await other.store.close();
});

for (const [title, former, next] of [
  ['set', undefined, KEY],
  ['changed', KEY, OTHER_KEY],
  ['removed', OTHER_KEY, undefined],
] as const) {
  test(`while a passphrase is ${title} both keys open the states, then the new one alone`, async (t) => {
    const { store, folder } = await useStore(t, { sealKey: former });
    const evolving = grownSessions();
    await store.save(1, evolving.current);
    await store.save(1, evolving.let('sends'));
    const expected = { 1: textOf(evolving.current) };
    const open = async (sealKey: Uint8Array | undefined) => {
      const copy = await temporaryFolder(t);
      await copyFile(join(folder, 'ratchet.log'), join(copy, 'ratchet.log'));
      const opened = await openStore(copy, { sealKey });
      await opened.store.close();
      const again = await openStore(copy, { sealKey });
      await again.store.close();
      t.deepEqual(again.store.initial, opened.store.initial);
      return { texts: textsOf(opened.store.initial), notices: opened.notices };
    };

    await store.prepareKey(next);
    const underFormer = await open(former);
    const underNext = await open(next);
    await store.useKey(next);
    const after = await open(next);
    await store.close();

    for (const opened of [underFormer, underNext, after]) {
      t.deepEqual(opened, { texts: expected, notices: [] });
    }
    const text = await readFile(join(folder, 'ratchet.log'), 'utf8');
    t.is(text.split('\n').length, 2);
    t.is(text.includes('"y":'), next !== undefined);
  });
}

test('a change of the passphrase that was not finished is forgotten', async (t) => {
  const { store, folder } = await useStore(t, { sealKey: KEY });
  const evolving = grownSessions();
  await store.save(1, evolving.current);

  await store.prepareKey(OTHER_KEY);
  await store.close();

  const { store: reopened, notices } = await openStore(folder, { sealKey: KEY });
  await reopened.close();
  t.deepEqual(textsOf(reopened.initial), { 1: textOf(evolving.current) });
  t.deepEqual(notices, []);
  t.is((await readFile(join(folder, 'ratchet.log'), 'utf8')).split('\n').length, 2);
});

type Step =
  | Readonly<{ kind: 'save'; contact: number; happenings: readonly Happening[] }>
  | Readonly<{ kind: 'remove'; contact: number }>
  | Readonly<{ kind: 'minute' }>
  | Readonly<{ kind: 'restart' }>;

const contact = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('save' as const),
      contact,
      happenings: fc.array(happening, { minLength: 1, maxLength: 4 }),
    }),
  },
  fc.record({ kind: fc.constant('remove' as const), contact }),
  fc.record({ kind: fc.constant('minute' as const) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

/** One daemon's file through saves, crashes and restarts, and what must be found in it. */
class LogRun {
  readonly folder: string;
  readonly #sealKey: Uint8Array | undefined;
  readonly #evolving = new Map<number, EvolvingSessions>();
  #opened: Awaited<ReturnType<typeof openStore>>;
  /** What is durable, by contact. */
  readonly expected = new Map<number, string>();
  /** All that ever was, by contact. */
  readonly past = new Map<number, Set<string>>();

  private constructor(folder: string, sealKey: Uint8Array | undefined, opened: LogRun['opened']) {
    this.folder = folder;
    this.#sealKey = sealKey;
    this.#opened = opened;
  }

  static async start(t: ExecutionContext, sealKey: Uint8Array | undefined): Promise<LogRun> {
    const folder = await temporaryFolder(t);
    return new LogRun(folder, sealKey, await openStore(folder, { sealKey }));
  }

  get opened() {
    return this.#opened;
  }

  get path(): string {
    return join(this.folder, 'ratchet.log');
  }

  async take(one: Step): Promise<void> {
    const { store, clock } = this.#opened;
    switch (one.kind) {
      case 'save':
        await this.#save(one.contact, one.happenings);
        break;
      case 'remove':
        await store.remove(one.contact);
        this.expected.delete(one.contact);
        break;
      case 'minute':
        clock.advance(60_000);
        break;
      case 'restart':
        await store.close();
        await this.reopen();
        break;
    }
  }

  /** A start with what is on the disk; the sessions in memory are what it found. */
  async reopen(): Promise<Record<number, string>> {
    this.#opened = await openStore(this.folder, { sealKey: this.#sealKey });
    const { initial } = this.#opened.store;
    for (const [n, evolving] of this.#evolving) {
      const found = initial.get(n);
      if (found === undefined) this.#evolving.delete(n);
      else evolving.current = found;
    }
    return textsOf(initial);
  }

  async #save(n: number, happenings: readonly Happening[]): Promise<void> {
    const evolving = this.#evolving.get(n) ?? new EvolvingSessions(n);
    this.#evolving.set(n, evolving);
    for (const one of happenings) evolving.let(one);
    await this.#opened.store.save(n, evolving.current);
    this.expected.set(n, textOf(evolving.current));
    this.past.set(n, (this.past.get(n) ?? new Set()).add(textOf(evolving.current)));
  }
}

/** What was written, without the room that was made for more. */
function writtenIn(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === LINE_END) end -= 1;
  return bytes.subarray(0, end === 0 ? 0 : end + 1);
}

const run = fc.record({
  steps: fc.array(step, { maxLength: 25 }),
  isSealed: fc.boolean(),
  fraction: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('a crash at any byte leaves the newest state that was durable, or the one being saved', async (t) => {
  const last = fc.record({
    kind: fc.constant('save' as const),
    contact,
    happenings: fc.array(happening, { minLength: 1, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(run, last, async ({ steps, isSealed, fraction }, save) => {
      const log = await LogRun.start(t, isSealed ? KEY : undefined);
      for (const one of steps) await log.take(one);
      const before = Object.fromEntries(log.expected);
      const bytesBefore = writtenIn(await readFile(log.path).catch(() => Buffer.alloc(0)));

      await log.take(save);
      const bytesAfter = writtenIn(await readFile(log.path));
      await log.opened.store.close();
      const isAppended = bytesAfter.subarray(0, bytesBefore.length).equals(bytesBefore);
      const start = isAppended ? bytesBefore.length : 0;
      const cut = start + Math.round(fraction * (bytesAfter.length - start));
      // A replaced file comes into being whole; half of it is under a temporary name.
      await writeFile(log.path, isAppended ? bytesAfter.subarray(0, cut) : bytesBefore, {
        mode: 0o600,
      });
      if (!isAppended) await writeFile(`${log.path}.1.2.tmp`, bytesAfter.subarray(0, cut));

      const found = await log.reopen();
      await log.opened.store.close();
      const isWhole = isAppended && cut >= bytesAfter.length - 1;
      t.deepEqual(found, isWhole ? Object.fromEntries(log.expected) : before);
      t.deepEqual(log.opened.notices, []);
    }),
    { numRuns: 120 },
  );
});

test('whatever byte is damaged, each contact has a state that it once had, or none', async (t) => {
  await fc.assert(
    fc.asyncProperty(run, fc.integer({ min: 1, max: 255 }), async (plan, flip) => {
      const log = await LogRun.start(t, plan.isSealed ? KEY : undefined);
      for (const one of plan.steps) await log.take(one);
      const bytes = await readFile(log.path).catch(() => Buffer.alloc(0));
      await log.opened.store.close();
      const at = Math.floor(plan.fraction * (bytes.length - 1));
      if (bytes.length > 0) bytes.writeUInt8((bytes[at] ?? 0) ^ flip, at);
      await writeFile(log.path, bytes, { mode: 0o600 });

      const found = await log.reopen();
      await log.opened.store.close();

      for (const [n, text] of Object.entries(found)) t.true(log.past.get(Number(n))?.has(text));
    }),
    { numRuns: 120 },
  );
});
