import { cpSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { errnoOf } from '../../storage/errors.ts';
import { openMessageStore } from '../../daemon/stores/message-store.ts';
import { RoomEventIndex } from '../../daemon/stores/room-event-index.ts';
import type { Clock } from '../../daemon/domain/ports.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { createMessage, createStep } from './messages.ts';

const ROOM = 'q3Vx0mJ2S8m1o4kTqv7cGA';
/** Some four lines a segment, so that steps of one message lie in two. */
const SMALL_BYTES = 600;
const ROUNDS = 8;
const DUE_MS = 1_000_000;

type Moment = () => void;

/** Pauses pass at once, and nothing is due by itself. */
function createClock(onPause: Moment = () => undefined): Clock {
  return {
    nowMs: () => Date.UTC(2026, 10, 21),
    monotonicMs: () => 0,
    after(delayMs, run) {
      if (delayMs < DUE_MS) {
        onPause();
        setImmediate(run);
      }
      return { cancel: () => undefined };
    },
  };
}

async function openHistory(folder: string, { disk = nodeDisk, onPause }: Hooks = {}) {
  const rooms = new RoomEventIndex(1);
  const notices: string[] = [];
  const store = await openMessageStore({
    journal: {
      folder: join(folder, 'history'),
      fsync: 'never',
      segmentMaxBytes: SMALL_BYTES,
      disk,
    },
    rooms,
    onNotice: ({ code, message }) => notices.push(`${code}: ${message}`),
    upkeep: { clock: createClock(onPause), delayMs: DUE_MS },
  });
  return { store, rooms, notices };
}

type Hooks = Readonly<{ disk?: Disk; onPause?: Moment }>;
type History = Awaited<ReturnType<typeof openHistory>>;

/** Messages of two conversations with their steps, and events of a room in between. */
async function fill({ store }: History): Promise<void> {
  for (let i = 1; i <= ROUNDS; i++) {
    for (const conversation of [1, 2]) {
      const text = `text ${conversation}-${i}.`;
      const [message] = await store.add([createMessage({ conversation, id: `${i}`, text })]);
      const step = { conversation, messages: [message?.s ?? 0] };
      await store.note(createStep(step));
      await store.note(createStep({ ...step, step: 'read' }));
    }
    const event = { k: 'ev', r: ROOM, q: i, id: `uid-${i}`, at: 1, f: 'ringo', m: `said ${i}` };
    await store.append([event]);
  }
}

/** All that can be asked for. */
async function answersOf({ store, rooms }: History): Promise<unknown> {
  const pages = [];
  for (const n of [1, 2]) pages.push(await store.page(n, { limit: 100 }));
  const ids = Array.from({ length: ROUNDS }, (_, i) => `${i + 1}`);
  return {
    lastS: store.lastS,
    pages,
    found: await Promise.all(ids.map((id) => store.find(2, 'out', id))),
    timelines: await Promise.all(pages.flat().map(({ s }) => store.timeline(s))),
    events: (await store.readMany(rooms.places(ROOM, 1, 100))).map(withoutFrame),
    last: [rooms.lastSeqnr(ROOM), rooms.lastMessage(ROOM), rooms.countForeign(ROOM, 7)],
  };
}

/** A record is the same with its checksum and without. */
function withoutFrame(record: unknown): unknown {
  return typeof record === 'object' && record !== null ? { ...record, s: 0, c: '' } : record;
}

/** Copies of a folder, made before each step of what is done to it. */
async function copyAtEachStep(t: ExecutionContext, folder: string) {
  const copies: { before: string; path: string }[] = [];
  const target = await temporaryFolder(t);
  const copy = (before: string): void => {
    const path = join(target, `${copies.length}`);
    copyWhole(folder, path);
    copies.push({ before, path });
  };
  const disk: Disk = {
    ...nodeDisk,
    rename: (path, to) => {
      copy('rename');
      nodeDisk.rename(path, to);
    },
    syncFolder: (path) => {
      copy('sync of the folder');
      nodeDisk.syncFolder(path);
    },
    remove: (path) => {
      copy('remove');
      nodeDisk.remove(path);
    },
  };
  return { copies, disk, onPause: () => copy('pause') };
}

/** Copies a folder. Files that can be made anew get their names in the thread pool, perhaps just now. */
function copyWhole(folder: string, path: string): void {
  for (;;) {
    try {
      cpSync(folder, path, { recursive: true });
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      rmSync(path, { recursive: true, force: true });
    }
  }
}

async function textOf(folder: string): Promise<string> {
  const history = join(folder, 'history');
  const texts = (await readdir(history)).map((name) => readFile(join(history, name), 'latin1'));
  return (await Promise.all(texts)).join('');
}

test('killed at any step of writing segments anew, a history is whole, and the next run finishes it', async (t) => {
  const folder = await temporaryFolder(t);
  const watched = await copyAtEachStep(t, folder);
  const history = await openHistory(folder, watched);
  t.teardown(() => history.store.close());
  await fill(history);
  await history.store.removeConversation(1);
  await history.store.remove(2, [11, 18]);
  const expected = await answersOf(history);
  watched.copies.length = 0;

  await history.store.tidy();

  t.deepEqual(await answersOf(history), expected);
  const steps = new Set(watched.copies.map(({ before }) => before));
  t.deepEqual([...steps].sort(), ['pause', 'remove', 'rename', 'sync of the folder']);
  for (const { path, before } of watched.copies) {
    const again = await openHistory(path);
    t.deepEqual(await answersOf(again), expected, before);
    t.deepEqual(again.notices, [], before);
    await again.store.tidy();
    t.deepEqual(await answersOf(again), expected, before);
    await again.store.close();
    t.false((await textOf(path)).includes('text 1-'), before);
    const finished = await openHistory(path);
    t.deepEqual(await answersOf(finished), expected, before);
    t.deepEqual(finished.notices, [], before);
    await finished.store.close();
  }
});

test('a file that another has taken in is gone for good before the next one goes', async (t) => {
  const folder = await temporaryFolder(t);
  const calls: string[] = [];
  const disk: Disk = {
    ...nodeDisk,
    syncFolder: (path) => {
      calls.push('sync');
      nodeDisk.syncFolder(path);
    },
    remove: (path) => {
      calls.push('remove');
      nodeDisk.remove(path);
    },
  };
  const history = await openHistory(folder, { disk });
  t.teardown(() => history.store.close());
  await fill(history);
  await history.store.removeConversation(1);
  calls.length = 0;

  await history.store.tidy();

  t.true(calls.filter((call) => call === 'remove').length > 1);
  t.false(calls.some((call, index) => call === 'remove' && calls[index + 1] === 'remove'));
});

test('a file that can not be removed keeps those behind it, and nothing is written anew before it is gone', async (t) => {
  const folder = await temporaryFolder(t);
  const disk: Disk = { ...nodeDisk };
  const history = await openHistory(folder, { disk });
  await fill(history);
  await history.store.removeConversation(1);
  disk.remove = (path) => {
    if (path.endsWith('.jsonl')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    nodeDisk.remove(path);
  };

  await t.throwsAsync(history.store.tidy(), { code: 'storage_failed' });
  await history.store.remove(2, [11]);
  await t.throwsAsync(history.store.tidy(), { code: 'storage_failed' });
  const expected = await answersOf(history);
  await history.store.close();

  const again = await openHistory(folder);
  t.teardown(() => again.store.close());
  t.deepEqual(await answersOf(again), expected);
});

test('a damaged event of a room is told by the look at sealed segments, and the others stay in their places', async (t) => {
  const folder = await temporaryFolder(t);
  const former = await openHistory(folder);
  await fill(former);
  await former.store.close();
  const path = join(folder, 'history', '000002.jsonl');
  const text = await readFile(path, 'utf8');
  const damaged = /said (\d+)/.exec(text)?.[1] ?? '';
  await writeFile(path, text.replace(`said ${damaged}`, `sais ${damaged}`));

  const history = await openHistory(folder);
  const places = history.rooms.places(ROOM, 1, 100);
  await history.store.readMany(places);
  await history.store.close();
  const again = await openHistory(folder);
  t.teardown(() => again.store.close());

  t.deepEqual(
    history.notices.map((notice) => notice.split(':')[0]),
    ['journal_damaged'],
  );
  t.is(again.rooms.places(ROOM, 1, 100).length, ROUNDS - 1);
  t.is(again.rooms.lastSeqnr(ROOM), ROUNDS);
  t.deepEqual(again.notices, []);
});
