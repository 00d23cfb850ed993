import test from 'ava';
import { RecentTags } from '../../daemon/domain/recent-tags.ts';

function idsFrom(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `id ${first + index}`);
}

test('the ids of what was read lately are known by its tag, contact by contact', (t) => {
  const tags = new RecentTags();
  tags.add(1, 'bundle', ['one', 'two']);
  tags.add(1, 'ack', []);

  t.deepEqual(tags.idsOf(1, 'bundle'), ['one', 'two']);
  t.deepEqual([tags.has(1, 'ack'), tags.idsOf(1, 'ack')], [true, []]);
  t.deepEqual([tags.has(2, 'bundle'), tags.idsOf(2, 'bundle')], [false, []]);
  tags.forget(1);
  t.false(tags.has(1, 'bundle'));
});

test('no more ids are kept than a thousand, however many a bundle has', (t) => {
  const tags = new RecentTags();
  for (let bundle = 0; bundle < 20; bundle++) {
    tags.add(1, `bundle ${bundle}`, idsFrom(200 * bundle, 200));
    tags.add(1, `ack ${bundle}`, []);
  }

  const known = Array.from({ length: 20 }, (_, bundle) => tags.idsOf(1, `bundle ${bundle}`));
  t.deepEqual(
    known.map(({ length }) => length),
    [...Array.from({ length: 16 }, () => 0), 200, 200, 200, 200],
  );
});

test('of what has no ids a thousand tags are known', (t) => {
  const tags = new RecentTags();
  for (let i = 0; i <= 1_000; i++) tags.add(1, `ack ${i}`, []);

  t.deepEqual([tags.has(1, 'ack 0'), tags.has(1, 'ack 1')], [false, true]);
});
