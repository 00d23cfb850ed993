import test from 'ava';
import fc from 'fast-check';
import { LeavingRows } from '../../daemon/stores/leaving-rows.ts';

const NONE = {
  leavingRows: new Uint32Array(),
  leavingNumbers: new Uint32Array(),
  leavingSizes: new Uint32Array(),
  leavingTimes: new Float64Array(),
};

/** Row, conversation, size and time of all that are on their way. */
function visited(leaving: LeavingRows): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  leaving.visit((...one) => found.push(one));
  return found;
}

test('those that are on their way are there, whatever left before, after and in between', (t) => {
  // Each adds one and lets one of those that are there leave, or none.
  const steps = fc.array(fc.option(fc.double({ min: 0, max: 0.999, noNaN: true })), {
    maxLength: 2000,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, (leaves) => {
      const left = new Set<number>();
      const isLeaving = (row: number) => !left.has(row);
      const leaving = new LeavingRows(NONE, isLeaving);
      const expected: (readonly number[])[] = [];
      for (const [index, which] of leaves.entries()) {
        const one = [3 * index, index % 7, 10 * index, 1_700_000_000_000 + index] as const;
        leaving.add(...one);
        expected.push(one);
        if (which === null) continue;
        for (const [row = 0] of expected.splice(Math.floor(which * expected.length), 1))
          left.add(row);
      }

      t.deepEqual(visited(leaving), expected);
      t.deepEqual(visited(new LeavingRows(leaving.sections(), isLeaving)), expected);
    }),
  );
});

test('what has left takes no memory, however much it was', (t) => {
  let newest = 0;
  const leaving = new LeavingRows(NONE, (row) => row > newest - 100);

  for (newest = 0; newest < 100_000; newest += 1) leaving.add(newest, 1, 200, 0);

  t.is(visited(leaving).length, 99);
  t.true(leaving.sizeBytes < 10_000, `${leaving.sizeBytes} bytes`);
});
