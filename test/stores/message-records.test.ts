import test from 'ava';
import fc from 'fast-check';
import { formatMessage, type MessageRecord } from '../../daemon/stores/message-records.ts';

const text = fc.string({ unit: 'binary' });
const time = fc.maxSafeNat();

test('a message is written as JSON.stringify writes it, whatever is in it', (t) => {
  const record: fc.Arbitrary<MessageRecord> = fc.record({
    k: fc.constant('msg' as const),
    n: fc.nat(),
    d: fc.constantFrom('in', 'out'),
    id: text,
    from: text,
    to: text,
    ts: text,
    t: fc.oneof(
      time,
      time.map((ms) => -ms),
    ),
    at: time,
    m: text,
    e: fc.constantFrom('', 'dr1'),
    q: fc.option(fc.nat(), { nil: undefined }),
    via: fc.option(text, { nil: undefined }),
  });
  fc.assert(fc.property(record, (one) => t.is(formatMessage(one), JSON.stringify(one))));
});
