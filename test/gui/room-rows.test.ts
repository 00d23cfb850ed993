import test from 'ava';
import { createTimeText } from '../../gui/src/text/time.ts';
import {
  comingsOf,
  firstUnreadRow,
  roomLeadOf,
  roomRowKey,
  toRoomRows,
  type RoomSources,
} from '../../gui/src/stores/room-rows.ts';
import { namesText } from '../../gui/src/text/room.ts';
import { iso, NOON, sampleDirectory, sampleSaid } from './fakes.ts';
import { createWords } from './words.ts';

const time = createTimeText('en', 'just now', 'UTC');
const NONE: RoomSources = {
  ...{ events: [], hasOlder: false, waiting: [], pending: [] },
  games: new Map(),
};
const DAY_MS = 24 * 3600_000;

const rowsOf = (sources: Partial<RoomSources>) => toRoomRows({ ...NONE, ...sources }, time);

const waiting = (id: string) =>
  ({
    id,
    message: 'hi',
    timestamp: iso(NOON),
    state: 'waiting',
    code: null,
    reason: null,
  }) as const;
const pending = (id: string) =>
  ({ id, to: 'lobby', message: 'hi', at: NOON, refusal: undefined }) as const;

test('who comes and goes between two messages is told in one row', (t) => {
  const rows = rowsOf({
    events: [
      sampleDirectory(1, ['Ann']),
      sampleDirectory(2, ['Ann', 'Bob', 'Carl']),
      sampleDirectory(3, ['Ann', 'Bob']),
      sampleSaid(4),
      sampleDirectory(5, ['Bob']),
    ],
  });

  t.deepEqual(
    rows.map(({ type }) => type),
    ['comings', 'said', 'comings'],
  );
  const [first, , last] = rows;
  t.like(first, { comings: { came: ['Ann', 'Bob'], left: [], passed: ['Carl'] } });
  t.like(last, { comings: { came: [], left: ['Ann'], passed: [] } });
});

test('who went and came back was away for a moment', (t) => {
  const comings = comingsOf(
    ['Ann', 'Bob'],
    [sampleDirectory(2, ['Bob']), sampleDirectory(3, ['Bob', 'Ann'])],
  );

  t.deepEqual(comings, { came: [], left: [], passed: ['Ann'], present: undefined });
});

test('a directory whose predecessor is not here tells who is there, and nothing of who came', (t) => {
  const [row] = rowsOf({ events: [sampleDirectory(7, ['Ann', 'Bob'])], hasOlder: true });

  t.like(row, { comings: { came: [], left: [], present: ['Ann', 'Bob'] } });
});

test('a new day tells anew who comes', (t) => {
  const rows = rowsOf({
    events: [sampleDirectory(1, ['Ann']), sampleDirectory(2, ['Ann', 'Bob'], NOON + DAY_MS)],
  });

  t.is(rows.length, 2);
  t.truthy(roomLeadOf(rows, 1, -1, time).dayAt);
});

test('a directory that changes nothing is no row', (t) => {
  const rows = rowsOf({
    events: [sampleDirectory(1, ['Ann']), sampleSaid(2), sampleDirectory(3, ['Ann'])],
  });

  t.is(rows.length, 2);
});

test('what one says is one row under one name on its whole way', (t) => {
  const written = rowsOf({ pending: [pending('m1')] });
  const taken = rowsOf({ pending: [pending('m1')], waiting: [waiting('m1')] });
  const said = rowsOf({
    pending: [pending('m1')],
    waiting: [waiting('m1')],
    events: [sampleSaid(1, { id: 'm1', origin: 'owner' })],
  });

  t.deepEqual(
    [written, taken, said].map((rows) => rows.map(({ type }) => type)),
    [['pending'], ['waiting'], ['said']],
  );
  t.is(new Set([written, taken, said].flat().map(roomRowKey)).size, 1);
});

test('messages of one author within minutes stand together, of a guest of the same name not', (t) => {
  const rows = rowsOf({
    events: [
      sampleSaid(1),
      sampleSaid(2),
      sampleSaid(3, { from: 'Anna', origin: 'guest' }),
      sampleSaid(4, { timestamp: iso(NOON + 3600_000) }),
    ],
  });

  t.deepEqual(
    rows.map((_, index) => roomLeadOf(rows, index, -1, time).isContinued),
    [false, true, false, false],
  );
});

test('own messages are never the first unread one', (t) => {
  const rows = rowsOf({
    events: [sampleSaid(1), sampleSaid(2, { origin: 'owner' }), sampleSaid(3)],
  });

  t.is(firstUnreadRow(rows, 1), 2);
  t.is(firstUnreadRow(rows, 3), -1);
  t.is(firstUnreadRow(rows, undefined), -1);
});

test('many names are counted, a few are named', (t) => {
  const plain = (text: string) => text.replace(/[\u2068\u2069]/g, '');
  const names = ['Ann', 'Bob', 'Carl', 'Dora', 'Eve'];

  t.is(plain(namesText(names.slice(0, 2), createWords('en'))), 'Ann and Bob');
  t.is(plain(namesText(names.slice(0, 4), createWords('en'))), 'Ann, Bob, Carl, and Dora');
  t.is(plain(namesText(names, createWords('en'))), 'Ann, Bob, Carl, and 2 others');
  t.is(plain(namesText(names, createWords('ru'))), 'Ann, Bob, Carl и ещё 2');
});
