import test from 'ava';
import {
  count,
  formatAge,
  formatBytes,
  formatTable,
  formatTime,
  oneLine,
  printable,
} from '../../daemon/cli/format.ts';

const NOW_MS = Date.UTC(2026, 4, 20, 12);
const MINUTE_MS = 60_000;

const age = test.macro((t, agoMs: number, words: string) => {
  t.is(formatAge(new Date(NOW_MS - agoMs).toISOString(), NOW_MS), words);
});

test('less than a minute ago is just now', age, MINUTE_MS - 1, 'just now');
test('a time in the future is just now', age, -MINUTE_MS, 'just now');
test('one minute is singular', age, MINUTE_MS, '1 minute ago');
test('hours are rounded down', age, 119 * MINUTE_MS, '1 hour ago');
test('days are counted for two weeks', age, 13 * 24 * 60 * MINUTE_MS, '13 days ago');
test('an old time is a day', (t) => {
  t.regex(formatAge('2026-01-02T12:00:00.000Z', NOW_MS), /^on 2026-01-0\d$/);
});

test('a time is local, to the minute', (t) => {
  t.regex(formatTime('2026-01-02T12:34:56.000Z'), /^2026-01-0\d \d\d:\d4$/);
});

test('what a terminal would obey is shown instead', (t) => {
  t.is(printable('a\u001b[31m\u202eb\r\n\tc'), 'a\\u{1b}[31m\\u{202e}b\\u{d}\n\tc');
});

test('text for one line has no line ends', (t) => {
  t.is(oneLine('  a\r\n b\u0007 '), 'a b\\u{7}');
});

test('columns are as wide as their widest cell, also beyond ASCII', (t) => {
  const rows = [
    ['Борис', 'x', ''],
    ['👍', 'yy', 'z'],
  ];

  t.is(formatTable(rows), 'Борис  x\n👍      yy  z');
});

test('bytes have the unit that suits them', (t) => {
  t.deepEqual([1023, 1536, 3 * 2 ** 20].map(formatBytes), ['1023 B', '1.5 KiB', '3.0 MiB']);
});

test('one has no plural', (t) => {
  t.deepEqual([count(0, 'message'), count(1, 'message')], ['0 messages', '1 message']);
});
