import test from 'ava';
import { SyncPace } from '../../storage/tail.ts';

/** Syncs that were asked for until one may be done in place again. */
function asksUntilQuick(pace: SyncPace): number {
  for (let asks = 1; asks <= 10_000; asks++) if (pace.isQuick()) return asks;
  return Infinity;
}

test('a quick disk is synced in place, and one odd sync changes nothing', (t) => {
  const pace = new SyncPace();
  for (let i = 0; i < 20; i++) pace.note(0.1);
  pace.note(5);

  t.true(pace.isQuick());
});

test('a slow disk goes to the pool, and is tried ever more seldom', (t) => {
  const pace = new SyncPace();
  pace.note(20);

  const intervals = Array.from({ length: 9 }, () => {
    const asks = asksUntilQuick(pace);
    pace.note(8);
    return asks;
  });

  t.deepEqual(intervals, [16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
});

test('a disk that was slow for a moment is quick again at the first trial', (t) => {
  const pace = new SyncPace();
  pace.note(20);
  asksUntilQuick(pace);
  pace.note(0.1);

  t.true(pace.isQuick());
  t.true(pace.isQuick());
});
