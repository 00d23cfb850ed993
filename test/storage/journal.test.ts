import { appendFile, copyFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { nodeDisk } from '../../storage/disk.ts';
import { Journal, type JournalOptions } from '../../storage/journal.ts';
import type { Damage } from '../../storage/recover.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Opens a journal and keeps what it tells. */
async function openJournal(folder: string, options: Partial<JournalOptions> = {}) {
  const seen: { s: number; text: unknown }[] = [];
  const damages: Damage[] = [];
  const journal = await Journal.open({
    folder: join(folder, 'history'),
    fsync: 'never',
    onRecord: (record, s) => seen.push({ s, text: textOf(record) }),
    onDamage: (damage) => damages.push(damage),
    ...options,
  });
  return { journal, seen, damages };
}

/** As `openJournal`, closed at the end of the test. */
async function useJournal(
  t: ExecutionContext,
  folder: string,
  options: Partial<JournalOptions> = {},
) {
  const opened = await openJournal(folder, options);
  t.teardown(() => opened.journal.close());
  return opened;
}

/** Fills a journal and closes it. @returns Path of its first segment. */
async function writeJournal(
  folder: string,
  texts: readonly string[],
  options: Partial<JournalOptions> = {},
): Promise<string> {
  const { journal } = await openJournal(folder, options);
  for (const text of texts) await journal.append({ k: 'test', text });
  await journal.close();
  return join(folder, 'history', '000001.jsonl');
}

function textOf(record: unknown): unknown {
  return typeof record === 'object' && record !== null && 'text' in record ? record.text : record;
}

/** What a journal shows that holds these texts from number 1 on. */
function numbered(texts: readonly unknown[]) {
  return texts.map((text, index) => ({ s: index + 1, text }));
}

test('a line is the record with its number in front and its checksum behind', async (t) => {
  const folder = await temporaryFolder(t);

  const segment = await writeJournal(folder, ['grüße']);

  t.is(await readFile(segment, 'utf8'), '{"s":1,"k":"test","text":"grüße","c":"91e7c5bf"}\n');
});

test('records get numbers without gaps in the order of the calls', async (t) => {
  const { journal } = await useJournal(t, await temporaryFolder(t));

  const places = await Promise.all([
    journal.append({ text: 'a' }),
    journal.append([{ text: 'b' }, { text: 'c' }]),
    journal.append({ text: 'd' }),
  ]);

  t.deepEqual(places, [1, 2, 4]);
  t.is(journal.lastS, 4);
});

for (const fsync of ['always', 'interval', 'never'] as const) {
  test(`what was appended with fsync "${fsync}" is there after opening again`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeJournal(folder, ['a', 'b'], { fsync });

    const { journal, seen, damages } = await useJournal(t, folder, { fsync });
    await journal.append({ text: 'c' });

    t.deepEqual(seen, numbered(['a', 'b', 'c']));
    t.deepEqual(damages, []);
  });
}

test('a record is seen before the one who appended it goes on', async (t) => {
  const { journal, seen } = await useJournal(t, await temporaryFolder(t));

  await journal.append({ text: 'a' });

  t.deepEqual(seen, numbered(['a']));
});

test('a record is written as it was when it was handed over', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await useJournal(t, folder);
  const record = { text: 'before' };

  const appended = journal.append(record);
  record.text = 'after';
  await appended;

  t.is(textOf(await journal.read(1)), 'before');
});

test('an interval passes and what was written is synced', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = { ...nodeDisk };
  const synced = new Promise<void>((resolve) => {
    disk.sync = () => resolve();
    disk.syncInPool = async () => resolve();
  });
  const { journal } = await useJournal(t, folder, { fsync: 'interval', intervalMs: 1, disk });
  await journal.append({ text: 'a' });

  await t.notThrowsAsync(synced);
});

test('a full segment is followed by the next one', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  await writeJournal(folder, texts, { segmentMaxBytes: 500 });

  const { journal, seen } = await useJournal(t, folder, { segmentMaxBytes: 500 });
  const records = await journal.readMany([40, 1, 17, 41, 0]);

  t.deepEqual((await readdir(join(folder, 'history'))).slice(0, 2), [
    '000001.jsonl',
    '000002.jsonl',
  ]);
  t.deepEqual(seen, numbered(texts));
  t.deepEqual(records.map(textOf), ['text 39', 'text 0', 'text 16', undefined, undefined]);
});

test('a record that is longer than any buffer is kept and read', async (t) => {
  const folder = await temporaryFolder(t);
  const long = 'ö'.repeat(1_500_000);
  await writeJournal(folder, ['a', long, 'b']);

  const { journal, seen } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a', long, 'b']));
  t.is(textOf(await journal.read(2)), long);
});

test('unknown kinds and odd records survive', async (t) => {
  const folder = await temporaryFolder(t);
  const records = [{}, { k: 'from the future', deep: [{ a: null }] }, { text: '\ud800 "\n' }];
  const { journal } = await openJournal(folder);
  await journal.append(records);
  await journal.close();

  const { seen, damages } = await useJournal(t, folder);

  t.is(seen.length, 3);
  t.deepEqual(seen[2]?.text, '\ud800 "\n');
  t.deepEqual(damages, []);
});

test('leading segments are dropped and numbers go on', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  await writeJournal(folder, texts, { segmentMaxBytes: 500 });
  const { journal } = await openJournal(folder, { segmentMaxBytes: 500 });

  await journal.dropSegmentsBefore(1000);
  const gone = await journal.read(1);
  const kept = await journal.read(40);
  await journal.close();
  const { journal: again, damages } = await useJournal(t, folder);

  t.is(gone, undefined);
  t.is(textOf(kept), 'text 39');
  t.is(again.lastS, 40);
  t.deepEqual(damages, []);
  t.is((await readdir(join(folder, 'history'))).length, 1);
});

test('segments with a record that still counts are not dropped', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  await writeJournal(folder, texts, { segmentMaxBytes: 500 });
  const { journal } = await useJournal(t, folder);

  await journal.dropSegmentsBefore(20);

  t.is(textOf(await journal.read(20)), 'text 19');
  t.is(await journal.read(1), undefined);
});

test('a closed journal takes nothing and closes again', async (t) => {
  const { journal } = await useJournal(t, await temporaryFolder(t));
  await journal.close();

  await t.throwsAsync(journal.append({}), { message: /closed/ });
  await t.notThrowsAsync(journal.close());
});

test('closing waits for what is being appended', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await openJournal(folder);
  const appended = journal.append({ text: 'a' });

  await journal.close();

  t.is(await appended, 1);
  t.deepEqual((await useJournal(t, folder)).seen, numbered(['a']));
});

test('a torn last line is set aside, cut off and reported', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b']);
  const whole = await readFile(segment);
  await appendFile(segment, '{"s":3,"k":"te');

  const { journal, seen, damages } = await useJournal(t, folder);

  t.deepEqual(await readFile(segment), whole);
  t.deepEqual(seen, numbered(['a', 'b']));
  t.like(damages, { length: 1, 0: { kind: 'torn_tail', sizeBytes: 14, records: 0, afterS: 2 } });
  t.is(await readFile(damages[0]?.copy ?? '', 'utf8'), '{"s":3,"k":"te');
  t.is(await journal.append({ text: 'c' }), 3);
});

test('a last line that lacks only its newline gets it', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b']);
  const whole = await readFile(segment);
  await truncate(segment, whole.length - 1);

  const { seen, damages } = await useJournal(t, folder);

  t.deepEqual(await readFile(segment), whole);
  t.deepEqual(seen, numbered(['a', 'b']));
  t.deepEqual(damages, []);
});

test('a damaged line in the middle is skipped, copied and reported, and stays', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b', 'c']);
  const spoilt = (await readFile(segment, 'utf8')).replace('"b"', '"x"');
  await writeFile(segment, spoilt);

  const { journal, seen, damages } = await useJournal(t, folder);

  t.is(await readFile(segment, 'utf8'), spoilt);
  t.deepEqual(seen, [
    { s: 1, text: 'a' },
    { s: 3, text: 'c' },
  ]);
  t.like(damages, { length: 1, 0: { kind: 'damaged', records: 1, afterS: 1, isKnown: false } });
  t.is(await journal.read(2), undefined);
  t.is(textOf(await journal.read(1)), 'a');
});

test('damage that was reported before is known', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b', 'c']);
  await writeFile(segment, (await readFile(segment, 'utf8')).replace('"b"', '"x"'));
  await (await openJournal(folder)).journal.close();

  const { damages } = await useJournal(t, folder);

  t.like(damages, { length: 1, 0: { isKnown: true } });
});

test('a line that is gone is reported as missing', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b', 'c']);
  const lines = (await readFile(segment, 'utf8')).split('\n');
  await writeFile(segment, `${lines[0] ?? ''}\n${lines[2] ?? ''}\n`);

  const { journal, damages } = await useJournal(t, folder);

  t.like(damages, { length: 1, 0: { kind: 'missing', records: 1, afterS: 1 } });
  t.is(textOf(await journal.read(3)), 'c');
});

test('damage at the end of a sealed segment stays and is counted', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const segment = await writeJournal(folder, texts, { segmentMaxBytes: 500 });
  const { length } = await readFile(segment);
  await truncate(segment, length - 5);

  const { seen, damages } = await useJournal(t, folder);

  t.is((await readFile(segment)).length, length - 5);
  t.is(seen.length, 19);
  t.like(damages, { length: 1, 0: { kind: 'damaged', records: 1, segment: '000001.jsonl' } });
});

test('records that a later segment repeats do not count', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await writeJournal(folder, ['a', 'b', 'never acknowledged']);
  const second = join(folder, 'history', '000002.jsonl');
  await copyFile(first, second);
  const lines = (await readFile(first, 'utf8')).split('\n');
  await writeFile(second, `${lines[1] ?? ''}\n`);

  const { seen, damages } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a', 'b']));
  t.like(damages, { length: 1, 0: { kind: 'superseded', records: 2, segment: '000001.jsonl' } });
});

test('a stray copy of an old segment hides nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const first = await writeJournal(folder, texts, { segmentMaxBytes: 500 });
  await copyFile(first, join(folder, 'history', '000099.jsonl'));

  const { seen } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(texts));
});

test('other files in the folder are left alone', async (t) => {
  const folder = await temporaryFolder(t);
  await writeJournal(folder, ['a']);
  await writeFile(join(folder, 'history', 'notes.txt'), 'mine');

  const { seen } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a']));
  t.is(await readFile(join(folder, 'history', 'notes.txt'), 'utf8'), 'mine');
});

const Texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 });

test('any interleaving of appends is there once and in order', async (t) => {
  const calls = fc.array(fc.tuple(Texts, fc.boolean()), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 100, max: 2000 }), async (batches, maxBytes) => {
      const folder = await temporaryFolder(t);
      const options = { segmentMaxBytes: maxBytes };
      const { journal, seen } = await openJournal(folder, options);
      const pending: Promise<number>[] = [];
      for (const [texts, waits] of batches) {
        pending.push(journal.append(texts.map((text) => ({ text }))));
        if (waits) await pending.at(-1);
      }
      await Promise.all(pending);
      await journal.close();

      const again = await openJournal(folder, options);
      const places = again.seen.map(({ s }) => s);
      const read = await again.journal.readMany(places);
      await again.journal.close();

      const expected = numbered(batches.flatMap(([texts]) => texts));
      t.deepEqual(seen, expected);
      t.deepEqual(again.seen, expected);
      t.deepEqual(
        read.map(textOf),
        expected.map(({ text }) => text),
      );
    }),
    { numRuns: 40 },
  );
});

test('a cut at any byte of the end loses only what comes after', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = ['a', 'я', 'c'];
  const segment = await writeJournal(folder, texts);
  const whole = await readFile(segment);

  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(segment, whole.subarray(0, cut));
    const { journal, seen } = await openJournal(folder);
    await journal.append({ text: 'next' });
    await journal.close();
    const again = await openJournal(folder);
    await again.journal.close();

    // A line counts as soon as only its newline is missing.
    const kept = texts.slice(0, countLines(whole, cut));
    const expected = numbered([...kept, 'next']);
    if (!t.deepEqual(seen, expected) || !t.deepEqual(again.seen, expected)) return;
    t.deepEqual(again.damages, []);
  }
});

/** How many lines are whole, but for a newline, in the first `cut` bytes. */
function countLines(bytes: Buffer, cut: number): number {
  return [...bytes.entries()].filter(([index, byte]) => byte === 0x0a && index <= cut).length;
}

test('flipped bytes cost the lines that they hit and no other', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
  const segment = await writeJournal(folder, texts);
  const whole = await readFile(segment);
  const lineStarts = [0, ...[...whole.entries()].flatMap(([i, b]) => (b === 0x0a ? [i + 1] : []))];
  const lineOf = (offset: number) => lineStarts.findLastIndex((start) => start <= offset);
  // The last line is the end of the newest segment, where a torn write is expected.
  const offsets = fc.nat({ max: (lineStarts[29] ?? 0) - 2 });

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(offsets, fc.integer({ min: 1, max: 255 })), { maxLength: 5 }),
      async (flips) => {
        const spoilt = Buffer.from(whole);
        for (const [offset, mask] of flips) spoilt[offset] = (spoilt[offset] ?? 0) ^ mask;
        await writeFile(segment, spoilt);

        const { journal, seen, damages } = await openJournal(folder);
        await journal.close();

        const hit = new Set<number>();
        for (const [index, byte] of spoilt.entries()) {
          if (byte === whole[index]) continue;
          hit.add(lineOf(index));
          // Without its newline a line takes the next one with it.
          if (whole[index] === 0x0a) hit.add(lineOf(index) + 1);
        }
        t.deepEqual(
          seen,
          numbered(texts).filter((_, index) => !hit.has(index)),
        );
        t.is(
          damages.reduce((sum, damage) => sum + damage.records, 0),
          hit.size,
        );
      },
    ),
    { numRuns: 30 },
  );
});
