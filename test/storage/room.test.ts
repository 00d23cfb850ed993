import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { CompactLog } from '../../storage/compact-log.ts';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { numbered, openJournal, useJournal } from './open-journal.ts';

const SECTOR_BYTES = 512;
const NEWLINE = 0x0a;

function pathIn(folder: string): string {
  return join(folder, 'history', '000001.jsonl');
}

/** What is in a journal's first file while it is open, room and all. */
async function fileOf(
  t: ExecutionContext,
  texts: readonly (string | readonly string[])[],
): Promise<Buffer> {
  const folder = await temporaryFolder(t);
  const { journal } = await useJournal(t, folder, { fsync: 'always' });
  for (const text of texts) {
    await journal.append([text].flat().map((one) => ({ text: one })));
  }
  return readFile(pathIn(folder));
}

/** Opens a journal whose first file has these bytes, adds a line and reads all again. */
async function openWith(t: ExecutionContext, bytes: Uint8Array) {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'history'));
  await writeFile(pathIn(folder), bytes);
  const first = await openJournal(folder);
  await first.journal.append({ text: 'next' });
  await first.journal.close();
  const again = await openJournal(folder);
  await again.journal.close();
  return { folder, first, again };
}

test('room is made of empty lines, filled in place, and gone when the journal is closed', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await openJournal(folder, { fsync: 'always' });
  await journal.append({ text: 'a' });
  const before = await stat(pathIn(folder));
  const { sizeBytes } = journal;
  await journal.append({ text: 'b' });

  const open = await readFile(pathIn(folder));
  await journal.close();
  const closed = await readFile(pathIn(folder));

  t.is(open.length, before.size);
  t.true(before.size > sizeBytes);
  t.true(open.subarray(journal.sizeBytes).every((byte) => byte === NEWLINE));
  t.deepEqual(closed, open.subarray(0, journal.sizeBytes));
});

test('without a sync for each append no room is made', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await useJournal(t, folder, { fsync: 'interval' });

  await journal.append({ text: 'a' });

  t.is((await stat(pathIn(folder))).size, journal.sizeBytes);
});

test('what is large is written without room for more', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await useJournal(t, folder, { fsync: 'always' });

  await journal.append({ text: 'x'.repeat(20_000) });

  t.is((await stat(pathIn(folder))).size, journal.sizeBytes);
});

test('room is no damage, and cut off when a journal is opened', async (t) => {
  const bytes = await fileOf(t, ['a', 'b']);

  const { folder, first, again } = await openWith(t, bytes);

  t.deepEqual(first.damages, []);
  t.deepEqual(again.seen, numbered(['a', 'b', 'next']));
  t.is((await stat(pathIn(folder))).size, again.journal.sizeBytes);
});

test('room at the end of a sealed segment is passed by', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await openJournal(folder, { fsync: 'always', segmentMaxBytes: 100 });
  await journal.append({ text: 'a' });
  await journal.append({ text: 'b' });
  const withRoom = await readFile(pathIn(folder));
  await journal.append({ text: 'c' });
  await journal.close();
  await writeFile(pathIn(folder), withRoom);

  const { seen, damages } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a', 'b', 'c']));
  t.deepEqual(damages, []);
});

test('a cut at any byte of lines with room behind loses only what comes after', async (t) => {
  const texts = ['a', 'я', 'c'];
  const bytes = await fileOf(t, texts);
  const end = bytes.indexOf('\n\n') + 1;

  for (let cut = 0; cut <= end; cut++) {
    const spoilt = Buffer.from(bytes).fill(NEWLINE, cut);
    const { first, again } = await openWith(t, spoilt);

    const kept = [...bytes.subarray(0, cut + 1)].filter((byte) => byte === NEWLINE).length;
    const expected = numbered([...texts.slice(0, kept), 'next']);
    if (!t.deepEqual(again.seen, expected)) return;
    t.true(first.damages.every(({ kind, records }) => kind === 'torn_tail' && records === 0));
    t.deepEqual(again.damages, []);
  }
});

test('row 10: whichever sectors of a batch are on the disk, only a beginning of it counts, and all before', async (t) => {
  const batch = Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(100 + index, 'x'));
  const bytes = await fileOf(t, ['a', 'b', batch]);
  const before = await fileOf(t, ['a', 'b']);
  const lineEnds = [...bytes.entries()].flatMap(([at, byte]) => (byte === NEWLINE ? [at + 1] : []));
  const start = Math.floor((lineEnds[1] ?? 0) / SECTOR_BYTES);
  const end = Math.ceil((lineEnds[41] ?? 0) / SECTOR_BYTES);

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: end - start, maxLength: end - start }),
      async (isWritten) => {
        const spoilt = Buffer.from(bytes);
        for (const [index, isHere] of isWritten.entries()) {
          const sector = (start + index) * SECTOR_BYTES;
          if (!isHere) before.copy(spoilt, sector, sector, sector + SECTOR_BYTES);
        }

        const { first, again } = await openWith(t, spoilt);

        const all = ['a', 'b', ...batch];
        const kept = again.seen.length - 1;
        t.true(kept >= 2);
        t.deepEqual(again.seen, numbered([...all.slice(0, kept), 'next']));
        t.true(first.damages.every(({ kind, records }) => kind === 'torn_tail' && records === 0));
        t.deepEqual(again.damages, []);
      },
    ),
    { numRuns: 30 },
  );
});

test('a hole with more behind it than one batch is damage, and what is behind it counts', async (t) => {
  const texts = Array.from({ length: 60 }, (_, index) => `${index} `.padEnd(50_000, 'x'));
  const bytes = await fileOf(t, texts);
  bytes.fill(NEWLINE, 60_000, 70_000);

  const { first } = await openWith(t, bytes);

  t.is(first.seen.length, texts.length);
  t.like(first.damages, { length: 1, 0: { kind: 'damaged', records: 1, afterS: 1 } });
});

test('an empty line that somebody has put between others is no damage', async (t) => {
  const bytes = await fileOf(t, ['a', 'b']);
  const end = bytes.indexOf(NEWLINE);
  const edited = Buffer.concat([bytes.subarray(0, end), Buffer.from('\n'), bytes.subarray(end)]);

  const { first, again } = await openWith(t, edited);

  t.deepEqual(first.damages, []);
  t.deepEqual(again.seen, numbered(['a', 'b', 'next']));
});

test('a disk that has room for a line and no more takes the line', async (t) => {
  const folder = await temporaryFolder(t);
  const disk: Disk = { ...nodeDisk };
  let isFull = false;
  disk.write = (fd, bytes, position) => {
    if (isFull) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    isFull = bytes.length > 1000;
    return nodeDisk.write(fd, bytes.subarray(0, 1000), position);
  };
  const { journal, seen } = await useJournal(t, folder, { fsync: 'always', disk });

  await journal.append({ text: 'a' });
  const { size } = await stat(pathIn(folder));
  isFull = false;
  await journal.append({ text: 'b' });

  t.is(size, (await readFile(pathIn(folder))).indexOf(NEWLINE) + 1);
  t.deepEqual(seen, numbered(['a', 'b']));
});

test('what a failed sync left behind in room does not come back', async (t) => {
  const folder = await temporaryFolder(t);
  const disk: Disk = { ...nodeDisk };
  const { journal } = await openJournal(folder, { fsync: 'always', disk });
  await journal.append({ text: 'a' });
  const fail = (): never => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  Object.assign(disk, { sync: fail, syncInPool: fail, truncate: fail });
  await t.throwsAsync(journal.append({ text: 'never' }), { code: 'storage_failed' });
  Object.assign(disk, nodeDisk);
  await journal.append({ text: 'b' });
  await journal.close();

  const { seen, damages } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a', 'b']));
  t.deepEqual(
    damages.map(({ kind }) => kind),
    ['superseded'],
  );
});

test('a log with room comes back whole, and so much of a batch as is there from its beginning', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.log');
  const open = async (at: string) => {
    const texts: unknown[] = [];
    const onLine = (record: unknown) => texts.push((record as { text: unknown }).text);
    const log = await CompactLog.open({ path: at, onLine, hasRoom: true });
    t.teardown(() => log.close());
    return { log, texts };
  };
  const { log } = await open(path);
  await log.replace([{ text: 'a' }]);
  await log.append([{ text: 'b' }], true);
  const before = await readFile(path);
  const batch = Array.from({ length: 9 }, (_, index) => `${index}`.padEnd(300, 'x'));
  await log.append(
    batch.map((text) => ({ text })),
    true,
  );
  const whole = `${path}.whole`;
  await copyFile(path, whole);
  const holed = await readFile(path);
  before.copy(holed, 2 * SECTOR_BYTES, 2 * SECTOR_BYTES, 3 * SECTOR_BYTES);
  await writeFile(`${path}.holed`, holed, { mode: 0o600 });

  const { texts } = await open(whole);
  const { log: shorter, texts: fewer } = await open(`${path}.holed`);
  await shorter.append([{ text: 'next' }], true);

  t.true(before.length > log.sizeBytes);
  t.deepEqual(texts, ['a', 'b', ...batch]);
  t.deepEqual(fewer, ['a', 'b', ...batch.slice(0, 2)]);
  t.is(shorter.damagedLines, 0);
  t.deepEqual((await open(`${path}.holed`)).texts, [...fewer, 'next']);
});
