import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { nodeDisk } from '../../storage/disk.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { numbered, openJournal, textOf, useJournal, writeJournal } from './open-journal.ts';

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

test('records are read back the same while they are new and when they are not', async (t) => {
  const { journal } = await useJournal(t, await temporaryFolder(t));
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000));

  for (const text of texts) await journal.append({ text });

  t.deepEqual((await journal.readMany([3, 2, 1])).map(textOf), texts.toReversed());
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

test('a record that nobody waits for shares the sync of the next one', async (t) => {
  let syncs = 0;
  const syncInPool = async (fd: number): Promise<void> => {
    syncs++;
    await nodeDisk.syncInPool(fd);
  };
  const sync = (fd: number): void => {
    syncs++;
    nodeDisk.sync(fd);
  };
  const { journal, seen } = await useJournal(t, await temporaryFolder(t), {
    fsync: 'always',
    disk: { ...nodeDisk, sync, syncInPool },
  });

  const places = await Promise.all([
    journal.appendSoon({ text: 'a' }),
    nextTurn().then(() => journal.append({ text: 'b' })),
  ]);

  t.deepEqual(places, [1, 2]);
  t.deepEqual(seen, numbered(['a', 'b']));
  t.is(syncs, 1);
});

test('a record that nobody waits for goes out alone when nothing follows', async (t) => {
  const { journal } = await useJournal(t, await temporaryFolder(t));

  t.is(await journal.appendSoon({ text: 'a' }), 1);
});

test('whoever is in a hurry does not wait for what else is appended in this turn', async (t) => {
  const { journal, seen } = await useJournal(t, await temporaryFolder(t));
  await Promise.all([journal.append({ text: 'a' }), journal.append({ text: 'b' })]);
  const seenByThen: number[] = [];

  await Promise.all([
    nextTurn().then(() => {
      const appended = journal.append({ text: 'c' });
      journal.hurry();
      return appended;
    }),
    nextTurn().then(() => {
      seenByThen.push(seen.length);
      return journal.append({ text: 'd' });
    }),
  ]);

  t.deepEqual(seenByThen, [3]);
  t.deepEqual(seen, numbered(['a', 'b', 'c', 'd']));
});

test('on a slow disk nobody is in a hurry: those who come next would wait for two syncs', async (t) => {
  let pooled = 0;
  const sync = (fd: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
    nodeDisk.sync(fd);
  };
  const syncInPool = async (fd: number): Promise<void> => {
    pooled++;
    await nodeDisk.syncInPool(fd);
  };
  const { journal } = await useJournal(t, await temporaryFolder(t), {
    fsync: 'always',
    disk: { ...nodeDisk, sync, syncInPool },
  });
  await Promise.all([journal.append({ text: 'a' }), journal.append({ text: 'b' })]);

  await Promise.all([
    nextTurn().then(() => {
      const appended = journal.append({ text: 'c' });
      journal.hurry();
      return appended;
    }),
    nextTurn().then(() => journal.append({ text: 'd' })),
  ]);

  t.is(pooled, 1);
});

test('a hurry brings forward what could have waited, and is nothing where nothing waits', async (t) => {
  const { journal, seen } = await useJournal(t, await temporaryFolder(t));
  journal.hurry();
  const appended = journal.appendSoon({ text: 'a' });

  journal.hurry();
  await nextTurn();

  t.deepEqual(seen, numbered(['a']));
  t.is(await appended, 1);
});

test('closing does not leave behind what was to go out soon', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await openJournal(folder);
  const appended = journal.appendSoon({ text: 'a' });

  await journal.close();

  t.is(await appended, 1);
  t.deepEqual((await useJournal(t, folder)).seen, numbered(['a']));
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
