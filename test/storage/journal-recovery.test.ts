import { appendFile, copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { numbered, openJournal, textOf, useJournal, writeJournal } from './open-journal.ts';

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

test('a last line of a sealed segment that lacks only its newline is read', async (t) => {
  const folder = await temporaryFolder(t);
  const segment = await writeJournal(folder, ['a', 'b', 'c'], { segmentMaxBytes: 1 });
  const whole = await readFile(segment);
  await truncate(segment, whole.length - 1);

  const { journal, seen } = await useJournal(t, folder);

  t.deepEqual(seen, numbered(['a', 'b', 'c']));
  t.deepEqual((await journal.readMany([1, 2, 3])).map(textOf), ['a', 'b', 'c']);
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
  const firstNewline = (lineStarts[1] ?? 0) - 1;
  const becomesNewline = (offset: number) => (whole[offset] ?? 0) ^ 0x0a;

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
        const lost = damages.reduce((sum, damage) => sum + damage.records, 0);
        // Before the first good line nothing tells a number: lines are counted, of which
        // two may have become one, or one two.
        if (hit.has(0)) t.true(lost >= 1 && lost <= hit.size + newNewlines(whole, spoilt));
        else t.is(lost, hit.size);
      },
    ),
    {
      numRuns: 30,
      examples: [[[[firstNewline, 1]]], [[[4, becomesNewline(4)]]]],
    },
  );
});

/** How many bytes of `spoilt` are newlines that are none in `whole`. */
function newNewlines(whole: Buffer, spoilt: Buffer): number {
  return [...spoilt.entries()].filter(([at, byte]) => byte === 0x0a && whole[at] !== 0x0a).length;
}

/** Something that happens to a file: where and to how many bytes, as shares of it. */
const mishap = fc.record({
  kind: fc.constantFrom('cut', 'zero', 'repeat', 'drop'),
  start: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.double({ min: 0, max: 0.3, noNaN: true }),
});

type Mishap = typeof mishap extends fc.Arbitrary<infer T> ? T : never;

function spoil(bytes: Buffer, { kind, start, length }: Mishap): Buffer {
  const from = Math.floor(start * bytes.length);
  const to = Math.min(bytes.length, from + Math.ceil(length * bytes.length));
  const [before, middle, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, to),
    bytes.subarray(to),
  ];
  switch (kind) {
    case 'cut':
      return before;
    case 'zero':
      return Buffer.concat([before, Buffer.alloc(middle.length), after]);
    case 'repeat':
      return Buffer.concat([before, middle, middle, after]);
    case 'drop':
      return Buffer.concat([before, after]);
  }
}

test('whatever happens to its files, a journal opens, shows what is whole, and goes on', async (t) => {
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  const mishaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), mishap), { maxLength: 4 });

  await fc.assert(
    fc.asyncProperty(mishaps, async (all) => {
      const folder = await temporaryFolder(t);
      await writeJournal(folder, texts, { segmentMaxBytes: 500 });
      for (const [number, one] of all) {
        const path = join(folder, 'history', `00000${number}.jsonl`);
        await writeFile(path, spoil(await readFile(path), one));
      }

      const { journal, seen } = await openJournal(folder);
      const place = await journal.append({ text: 'next' });
      await journal.close();
      const again = await openJournal(folder);
      await again.journal.close();

      const whole = numbered(texts).filter(({ s }) => seen.some((one) => one.s === s && s < place));
      t.deepEqual(seen, [...whole, { s: place, text: 'next' }]);
      t.deepEqual(again.seen, seen);
    }),
    { numRuns: 40 },
  );
});
