import test from 'ava';
import fc from 'fast-check';
import { NarrowColumn } from '../../storage/narrow-column.ts';
import { RisingColumn } from '../../storage/rising-column.ts';

const number = fc.oneof(fc.nat(0xffff), fc.nat(0xffff_ffff));
const rising = fc
  .array(fc.oneof(fc.constant(0), fc.nat(300), fc.nat(200_000)), { maxLength: 200 })
  .map((distances) => {
    let last = 0;
    return distances.map((distance) => (last += distance));
  });

function risingOf(values: readonly number[]): RisingColumn {
  const column = new RisingColumn();
  for (const value of values) column.push(value);
  return column;
}

function valuesOf(column: RisingColumn): number[] {
  return Array.from({ length: column.length }, (_, index) => column.get(index));
}

test('a rising column gives back what was put in, and goes on from a copy', (t) => {
  fc.assert(
    fc.property(rising, fc.nat(100_000), (values, distance) => {
      const column = risingOf(values);
      const copy = new RisingColumn(column.copy());
      const next = (values.at(-1) ?? 0) + distance;
      copy.push(next);
      t.deepEqual(valuesOf(column), values);
      t.deepEqual(valuesOf(copy), [...values, next]);
      t.deepEqual([column.get(-1), column.get(values.length)], [0, 0]);
    }),
  );
});

test('a rising column is the same when all of its numbers come at once', (t) => {
  fc.assert(
    fc.property(rising, fc.nat(100_000), (values, distance) => {
      const column = RisingColumn.of(Uint32Array.from(values));
      t.deepEqual(column.copy(), risingOf(values).copy());
      const next = (values.at(-1) ?? 0) + distance;
      column.push(next);
      t.deepEqual(valuesOf(column), [...values, next]);
    }),
  );
});

test('a rising column finds where a number is or would be', (t) => {
  fc.assert(
    fc.property(rising, fc.oneof(fc.nat(2_000), fc.nat(0xffff_ffff)), (values, wanted) => {
      const index = values.findIndex((value) => value >= wanted);
      t.is(risingOf(values).lowerBound(wanted), index === -1 ? values.length : index);
    }),
  );
});

test('a rising column begins anywhere below 2^32', (t) => {
  const values = [0x7fff_fffe, 0x8000_0001, 0xffff_fffe, 0xffff_ffff];
  const column = risingOf(values);
  t.deepEqual(valuesOf(column), values);
  t.deepEqual(
    values.map((value) => column.lowerBound(value)),
    [0, 1, 2, 3],
  );
  t.is(column.lowerBound(1), 0);
  t.is(column.lowerBound(2 ** 33), 4);
});

test('a slice of a rising column ends where the column ends', (t) => {
  const column = risingOf([5, 70_000, 70_000, 200_000]);
  t.deepEqual([...column.slice(1, 3)], [70_000, 70_000]);
  t.deepEqual([...column.slice(2, 9)], [70_000, 200_000]);
  t.deepEqual([...column.slice(7, 9)], []);
});

test('a rising column takes two bytes a number, and little more', (t) => {
  const column = risingOf(Array.from({ length: 40_000 }, (_, index) => index * 400));
  column.trim();
  t.true(column.sizeBytes < 40_000 * 2 + 2_000, `${column.sizeBytes}`);
});

test('a narrow column holds small and great numbers, and replaces them', (t) => {
  const change = fc.record({ at: fc.nat(100), value: number });
  fc.assert(
    fc.property(fc.array(number), fc.array(change), (values, changes) => {
      const column = new NarrowColumn();
      const model = [...values];
      for (const value of values) column.push(value);
      for (const { at, value } of changes.filter(({ at }) => at < values.length)) {
        column.set(at, value);
        model[at] = value;
      }
      t.deepEqual([...column.cells], model);
      t.deepEqual([...new NarrowColumn(column.cells.slice()).cells], model);
      t.is(column.get(values.length), 0);
    }),
  );
});
