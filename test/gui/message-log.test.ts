import { effect } from '@preact/signals';
import test from 'ava';
import { ApiError, type PageOfMessages } from '../../gui/src/api.ts';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import {
  firstUnread,
  leadOf,
  missingAtEnd,
  rowKey,
  toRows,
} from '../../gui/src/stores/log-rows.ts';
import { createMessageLog, mergeMessages, putMessage } from '../../gui/src/stores/message-log.ts';
import { createMessageLogs } from '../../gui/src/stores/message-logs.ts';
import { createTimeText } from '../../gui/src/text/time.ts';
import { ANNA, BORIS, iso, NOON, sampleMessage, settle } from './fakes.ts';

/** A daemon with a journal that the test may change. */
function createJournal(count: number) {
  const journal = Array.from({ length: count }, (_, index) => sampleMessage(index + 1));
  const requests: PageOfMessages[] = [];
  let isAway = false;
  const place = (ref: number | string): number =>
    typeof ref === 'number' ? ref : (journal.find(({ id }) => id === ref)?.s ?? 0);
  return {
    journal,
    requests,
    leave: (away: boolean) => void (isAway = away),
    api: {
      messages: async (_: unknown, page: PageOfMessages): Promise<readonly ApiMessage[]> => {
        if (isAway) throw new ApiError('unreachable', 'away');
        requests.push(page);
        const { before, after, limit } = page;
        if (after !== undefined) return journal.filter(({ s }) => s > place(after)).slice(0, limit);
        const older = before === undefined ? journal : journal.filter(({ s }) => s < place(before));
        return older.slice(-limit);
      },
      message: async (_: unknown, id: string) => {
        const message = journal.find((known) => known.id === id);
        if (message === undefined) throw new ApiError('not_found', 'gone');
        return { ...message, timeline: [] };
      },
    },
  };
}

const places = (messages: readonly ApiMessage[]) => messages.map(({ s }) => s);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a log opens with the newest messages and fetches older ones', async (t) => {
  const { api } = createJournal(300);
  const log = createMessageLog(ANNA, api);

  await log.openNewest();
  t.deepEqual(places(log.messages.value), range(241, 300));
  t.true(log.hasOlder.value);

  await log.loadOlder();
  t.deepEqual(places(log.messages.value), range(41, 300));
  await log.loadOlder();
  t.deepEqual(places(log.messages.value), range(1, 300));
  t.false(log.hasOlder.value);
});

test('a log opens around a message and grows to both sides', async (t) => {
  const { api } = createJournal(300);
  const log = createMessageLog(ANNA, api);

  t.true(await log.openAround('m100'));
  t.deepEqual(places(log.messages.value), range(40, 160));
  t.true(log.hasNewer.value);

  log.apply([sampleMessage(301)]);
  t.is(log.messages.value.at(-1)?.s, 160);
  await log.loadNewer();
  t.is(log.messages.value.at(-1)?.s, 300);
});

test('what comes in while the messages around one are fetched stays', async (t) => {
  const { api } = createJournal(100);
  const log = createMessageLog(ANNA, api);

  const opened = log.openAround('m90');
  log.apply([sampleMessage(101)]);
  await opened;

  t.is(log.messages.value.at(-1)?.s, 101);
  t.false(log.hasNewer.value);
});

test('gaps are looked at again, as far as the log reaches', async (t) => {
  const { api, journal, requests } = createJournal(300);
  journal[249] = sampleMessage(250, { missing_before: 2 });
  journal[259] = sampleMessage(260, { missing_before: 1 });
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  journal[249] = sampleMessage(250);
  journal[259] = sampleMessage(260, { missing_before: 1 });
  await log.reviewGaps();

  t.deepEqual(places(log.messages.value), range(241, 300));
  t.deepEqual(
    log.messages.value.filter((message) => message.missing_before > 0).map(({ s }) => s),
    [260],
  );
  t.deepEqual(requests.at(-1), { after: 249, limit: 200 });
});

test('a log in the past looks at its gaps without growing', async (t) => {
  const { api, journal } = createJournal(300);
  journal[99] = sampleMessage(100, { missing_before: 2 });
  const log = createMessageLog(ANNA, api);
  await log.openAround('m100');

  journal[99] = sampleMessage(100);
  await log.reviewGaps();

  t.deepEqual(places(log.messages.value), range(40, 160));
  t.true(log.messages.value.every((message) => message.missing_before === 0));
});

test('gaps that change while something is fetched are looked at afterwards', async (t) => {
  const { api, journal } = createJournal(300);
  journal[249] = sampleMessage(250, { missing_before: 2 });
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  const older = log.loadOlder();
  journal[249] = sampleMessage(250, { missing_before: 1 });
  await log.reviewGaps();
  await older;
  await settle();

  t.is(log.messages.value.find(({ s }) => s === 250)?.missing_before, 1);
});

test('a log without gaps asks for nothing', async (t) => {
  const { api, requests } = createJournal(30);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  await log.reviewGaps();

  t.is(requests.length, 1);
});

test('a message that is not there is not shown', async (t) => {
  const { api } = createJournal(3);
  const log = createMessageLog(ANNA, api);

  t.false(await log.openAround('m99'));
});

test('live messages are put in, and older revisions do not win', async (t) => {
  const { api } = createJournal(2);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  log.apply([sampleMessage(3)]);
  log.apply([sampleMessage(2, { rev: 9, state: 'read' })]);
  log.apply([sampleMessage(2, { rev: 5, state: 'delivered' })]);

  t.deepEqual(places(log.messages.value), [1, 2, 3]);
  t.is(log.messages.value[1]?.state, 'read');
});

test('after a gap the log catches up with what came, changed and went', async (t) => {
  const { api, journal } = createJournal(4);
  journal[1] = sampleMessage(2, { direction: 'out', state: 'queued' });
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  journal[1] = sampleMessage(2, { direction: 'out', state: 'read', rev: 5 });
  journal.splice(2, 1);
  journal.push(sampleMessage(6));
  const shown: number[] = [];
  const stop = log.messages.subscribe((messages) => shown.push(messages.length));
  await log.catchUp();
  stop();

  t.deepEqual(places(log.messages.value), [1, 2, 4, 6]);
  t.is(log.messages.value[1]?.state, 'read');
  t.false(shown.includes(0), 'never empty in between');
});

test('what was deleted while the connection was away is gone when it is back', async (t) => {
  const { api, journal } = createJournal(50);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  journal.splice(9, 2);
  await log.catchUp();

  t.deepEqual(places(log.messages.value), [...range(1, 9), ...range(12, 50)]);
});

test('a gap of many pages is fetched to its end', async (t) => {
  const { api, journal } = createJournal(10);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  journal.push(...range(11, 700).map((s) => sampleMessage(s)));
  await log.catchUp();

  t.deepEqual(places(log.messages.value), range(1, 700));
});

test('a failed fetch keeps what is shown and can be repeated', async (t) => {
  const { api, leave } = createJournal(300);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  leave(true);
  await log.loadOlder();
  t.true(log.hasFailed.value);
  t.is(log.messages.value.length, 60);

  leave(false);
  await log.loadOlder();
  t.false(log.hasFailed.value);
  t.is(log.messages.value.length, 260);
});

test('two fetches at a time become one', async (t) => {
  const { api, requests } = createJournal(300);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  await Promise.all([log.loadOlder(), log.loadOlder()]);

  t.is(requests.length, 2);
});

test('a deleted message is dropped', async (t) => {
  const { api } = createJournal(3);
  const log = createMessageLog(ANNA, api);
  await log.openNewest();

  log.drop(2);

  t.deepEqual(places(log.messages.value), [1, 3]);
});

test('merging keeps the order and the younger revision', (t) => {
  const known = [sampleMessage(1), sampleMessage(5, { rev: 8 })];

  const merged = mergeMessages(known, [sampleMessage(3), sampleMessage(5, { rev: 6 })]);

  t.deepEqual(
    merged.map(({ s, rev }) => [s, rev]),
    [
      [1, 1],
      [3, 3],
      [5, 8],
    ],
  );
  t.is(mergeMessages(known, []), known);
  t.deepEqual(places(putMessage(known, sampleMessage(3))), [1, 3, 5]);
});

test('logs hear live events of their own conversation, and new ones are announced', async (t) => {
  const { api } = createJournal(1);
  const announced: number[] = [];
  const logs = createMessageLogs(api, ({ s }) => announced.push(s));
  const log = logs.get(ANNA);
  await log.openNewest();

  logs.apply([{ type: 'emit', args: sampleMessage(2) }]);
  logs.apply([{ type: 'emit', args: sampleMessage(2, { rev: 3 }) }]);
  logs.apply([{ type: 'emit', args: { nonsense: true } }]);
  await settle();

  t.deepEqual(places(log.messages.value), [1, 2]);
  t.deepEqual(announced, [2]);
  t.is(logs.get(ANNA), log);

  logs.apply([{ type: 'emit', args: { deleted: { address: ANNA, s: 1, id: 'm1' } } }]);
  t.deepEqual(places(log.messages.value), [2]);
});

test('what happened together is taken in together, each conversation in one piece', async (t) => {
  const { api } = createJournal(2);
  const announced: number[] = [];
  const logs = createMessageLogs(api, ({ s }) => announced.push(s));
  const log = logs.get(ANNA);
  await log.openNewest();
  const shown: (readonly number[])[] = [];
  const stop = effect(() => void shown.push(places(log.messages.value)));
  const ofBoris = sampleMessage(5, { from: BORIS });

  logs.apply([
    { type: 'emit', args: [sampleMessage(3), sampleMessage(4), ofBoris] },
    { type: 'emit', args: [sampleMessage(4, { rev: 7, state: 'read' }), sampleMessage(6)] },
    { type: 'emit', args: [{ deleted: { address: ANNA, s: 1, id: 'm1' } }] },
  ]);
  stop();

  t.deepEqual(shown, [
    [1, 2],
    [2, 3, 4, 6],
  ]);
  t.is(log.messages.value[2]?.rev, 7);
  t.deepEqual(announced, [3, 4, 5, 6]);
});

test('what was deleted does not come back with an answer that was on its way', async (t) => {
  const pages: ((page: readonly ApiMessage[]) => void)[] = [];
  const api = {
    messages: () => new Promise<readonly ApiMessage[]>((resolve) => void pages.push(resolve)),
    message: () => Promise.reject(new Error('not asked for')),
  };
  const log = createMessageLog(ANNA, api);
  const opened = log.openNewest();

  log.drop(2);
  pages[0]?.([sampleMessage(1), sampleMessage(2), sampleMessage(3)]);
  await opened;
  log.apply([sampleMessage(2, { rev: 9 })]);

  t.deepEqual(places(log.messages.value), [1, 3]);
  log.clear(3);
  log.apply([sampleMessage(3, { rev: 9 })]);
  log.apply([sampleMessage(5)]);
  t.deepEqual(places(log.messages.value), [5]);
});

test('rows begin days, mark the first unread and join one author', (t) => {
  const time = createTimeText('en', 'just now', 'UTC');
  const day = 24 * 3_600_000;
  const messages = [
    sampleMessage(1),
    sampleMessage(2),
    sampleMessage(3, { direction: 'out', timestamp: iso(NOON + day) }),
    sampleMessage(4, { received: iso(NOON + day + 1000) }),
  ];
  const rows = toRows(messages, []);
  const unread = firstUnread(rows, 3);

  const leads = rows.map((_, index) => leadOf(rows, index, unread, time));

  t.deepEqual(
    leads.map(({ dayAt }) => dayAt !== undefined),
    [true, false, true, false],
  );
  t.deepEqual(
    leads.map(({ isContinued }) => isContinued),
    [false, true, false, false],
  );
  t.deepEqual(
    leads.map(({ isFirstUnread }) => isFirstUnread),
    [false, false, false, true],
  );
});

test('a message stands there once, under one key, before and after it was stored', (t) => {
  const item = { id: 'm2', to: ANNA, message: 'hi', at: NOON, refusal: undefined };
  const stored = sampleMessage(2, { direction: 'out' });

  const before = toRows([], [item]);
  const after = toRows([stored], [item]);

  t.is(after.length, 1);
  t.deepEqual(before.map(rowKey), after.map(rowKey));
});

test('a message after a gap begins anew, with the number of those that are missing', (t) => {
  const rows = toRows([sampleMessage(1), sampleMessage(2, { missing_before: 3 })], []);
  const time = createTimeText('en', 'just now', 'UTC');

  t.like(leadOf(rows, 1, -1, time), { missing: 3, isContinued: false });
  t.like(leadOf(rows, 0, -1, time), { missing: 0 });
});

test('what is missing and not before any message is missing at the end', (t) => {
  const messages = [sampleMessage(1), sampleMessage(2, { missing_before: 3 })];

  t.is(missingAtEnd(messages, 5), 2);
  t.is(missingAtEnd(messages, 3), 0);
  // The daemon may have told of the message before it told of the conversation.
  t.is(missingAtEnd(messages, 2), 0);
});
