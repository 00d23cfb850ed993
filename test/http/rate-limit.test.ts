import test from 'ava';
import { TokenBucket, TokenBuckets } from '../../daemon/http/rate-limit.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

test('a burst is let through, then the rate', (t) => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, () => clock.monotonicMs());

  t.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  );
  clock.advance(499);
  t.false(bucket.take());
  clock.advance(1);
  t.true(bucket.take());
  t.false(bucket.take());
  clock.advance(3_600_000);
  t.true(bucket.take(3));
  t.false(bucket.take());
});

test('each caller has a bucket, and the table is bounded', (t) => {
  const clock = new FakeClock();
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => clock.monotonicMs(), 2);

  t.true(buckets.take('a'));
  t.true(buckets.take('b'));
  t.false(buckets.take('a'));
  t.true(buckets.take('c'));
  t.false(buckets.take('a'));
  t.true(buckets.take('b'));
});
