import test from 'ava';
import { gathered } from '../../gui/src/stores/gathered.ts';
import { createManualClock } from './fakes.ts';

test('what comes alone is handed on at once, and what follows within a moment in one piece', (t) => {
  const clock = createManualClock();
  const taken: (readonly number[])[] = [];
  const hear = gathered(clock, (items: readonly number[]) => taken.push(items));

  hear(1);
  t.deepEqual(taken, [[1]]);
  hear(2);
  hear(3);
  t.is(taken.length, 1);
  clock.advance(100);
  t.deepEqual(taken.slice(1), [[2, 3]]);
  hear(4);
  t.is(taken.length, 2);
  clock.advance(100);
  t.deepEqual(taken.slice(2), [[4]]);

  // After a moment without anything the next one is alone again.
  clock.advance(100);
  hear(5);
  t.deepEqual(taken.slice(3), [[5]]);
});

test('what comes while something is being taken in waits like what came after it', (t) => {
  const clock = createManualClock();
  const taken: (readonly number[])[] = [];
  const hear = gathered(clock, (items: readonly number[]) => {
    taken.push(items);
    if (items.includes(1)) hear(2);
  });

  hear(1);
  t.deepEqual(taken, [[1]]);
  clock.advance(100);
  t.deepEqual(taken, [[1], [2]]);
});

test('what comes alone does not wait for a timer that a hidden page gets once a minute', (t) => {
  const taken: (readonly number[])[] = [];
  let nowMs = 1_000;
  const lazy = { nowMs: () => nowMs, after: () => () => undefined };
  const hear = gathered(lazy, (items: readonly number[]) => taken.push(items));

  hear(1);
  nowMs += 50;
  hear(2);
  nowMs += 10_000;
  hear(3);
  nowMs -= 3_600_000;
  hear(4);

  t.deepEqual(taken, [[1], [2, 3], [4]]);
});
