import test from 'ava';
import fc from 'fast-check';
import { formatTimestamp } from '../../daemon/wire/timestamp.ts';

/** What a Date can hold. */
const INSTANT_MAX_MS = 8_640_000_000_000_000;

test('a timestamp is what a Date makes of the instant, whichever was formatted before', (t) => {
  const anywhere = fc.integer({ min: -INSTANT_MAX_MS, max: INSTANT_MAX_MS });
  const now = 1_763_730_000_000;
  const sameSecond = fc.integer({ min: now - 1500, max: now + 1500 });
  fc.assert(
    fc.property(fc.array(fc.oneof(anywhere, sameSecond), { minLength: 1 }), (instants) => {
      for (const instant of instants) {
        t.is(formatTimestamp(instant), new Date(instant).toISOString());
      }
    }),
  );
});

test('of an instant between two milliseconds the rest is dropped, as a Date does', (t) => {
  const instant = fc.double({ min: -1e13, max: 1e13, noNaN: true });
  fc.assert(fc.property(instant, (at) => t.is(formatTimestamp(at), new Date(at).toISOString())));
});

test('an instant that no Date can hold is an error, and those after it are not', (t) => {
  for (const impossible of [NaN, INSTANT_MAX_MS + 1, -INSTANT_MAX_MS - 1]) {
    t.throws(() => formatTimestamp(impossible), { instanceOf: RangeError });
    t.is(formatTimestamp(0), '1970-01-01T00:00:00.000Z');
  }
});
