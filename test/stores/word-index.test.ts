import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { NewMessage, StoredMessage } from '../../daemon/domain/model.ts';
import { findMarks, parseQuery } from '../../daemon/domain/search-query.ts';
import { Search } from '../../daemon/domain/search.ts';
import { openMessageStore, type JournalMessageStore } from '../../daemon/stores/message-store.ts';
import { JournalWordIndex } from '../../daemon/stores/word-index.ts';
import { WordKeeper } from '../../daemon/stores/word-keeper.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ALICE = parseAddress('fc00::a');
const BOB = parseAddress('fc00::b');
/** Small, so that a few messages fill several. */
const SEGMENT_MAX_BYTES = 2048;

function createMessage(text: string, conversation = 1): NewMessage {
  return {
    conversation,
    id: `${Math.random()}`,
    direction: 'in',
    from: ALICE,
    to: BOB,
    text,
    wireTimestamp: '2026-03-01T12:00:00.000Z',
    timestamp: 1_772_366_400_000,
    receivedAt: 1_772_366_400_005,
    enctype: '',
    sequence: undefined,
    via: undefined,
  };
}

type History = {
  folder: string;
  store: JournalMessageStore;
  words: JournalWordIndex;
  find: (typed: string, options?: Partial<FindOptions>) => Promise<readonly string[]>;
  reopen: () => Promise<void>;
};
type FindOptions = Readonly<{ before: number; limit: number; conversation: number }>;

/** A history on disk in small segments, and search over it. */
async function openHistory(t: ExecutionContext, hasRoom = true): Promise<History> {
  const folder = join(await temporaryFolder(t), 'history');
  const history = { folder, find, reopen } as History;
  await open();
  t.teardown(close);
  return history;

  async function open(): Promise<void> {
    const store = await openMessageStore({
      journal: { folder, fsync: 'never', segmentMaxBytes: SEGMENT_MAX_BYTES },
      onNotice: () => undefined,
    });
    history.store = store;
    history.words = new JournalWordIndex({
      segments: () => store.segments(),
      isThere: (s) => store.stateOf(s) !== undefined,
      hasRoom: () => hasRoom,
    });
  }

  async function close(): Promise<void> {
    await history.words.close();
    await history.store.close();
  }

  async function reopen(): Promise<void> {
    await close();
    await open();
  }

  async function find(
    typed: string,
    { before, limit = 50, conversation }: Partial<FindOptions> = {},
  ): Promise<readonly string[]> {
    const search = new Search({
      contacts: {
        byNumber: (number) => ({ number }) as never,
        require: () => ({ number: conversation }) as never,
      },
      messages: history.store,
      words: history.words,
      clock: { monotonicMs: () => 0 },
    });
    const { found } = await search.find({
      query: parseQuery(typed),
      limit,
      signal: new AbortController().signal,
      ...(before === undefined ? {} : { before }),
      ...(conversation === undefined ? {} : { address: ALICE }),
    });
    return found.map(({ message }) => message.text);
  }
}

async function wordFilesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.words'));
}

/** Stores messages a few at a time, since what is stored together lies in one segment. */
async function addAll(
  { store }: Pick<History, 'store'>,
  messages: readonly NewMessage[],
): Promise<readonly StoredMessage[]> {
  const stored: StoredMessage[] = [];
  for (let start = 0; start < messages.length; start += 4) {
    stored.push(...(await store.add(messages.slice(start, start + 4))));
  }
  return stored;
}

/** Enough for several segments. */
function manyMessages(): readonly NewMessage[] {
  return Array.from({ length: 40 }, (_, index) => createMessage(`number${index} сообщение`));
}

test('a message is found as soon as it is stored, the newest first', async (t) => {
  const { store, find } = await openHistory(t);
  await store.add([createMessage('Ёлка стоит'), createMessage('стояла ёлочка')]);
  t.deepEqual(await find('елк'), ['Ёлка стоит']);

  await store.add([createMessage('новая ЁЛКА')]);

  t.deepEqual(await find('елк'), ['новая ЁЛКА', 'Ёлка стоит']);
  t.deepEqual(await find('сто'), ['стояла ёлочка', 'Ёлка стоит']);
  t.deepEqual(await find('ел нов'), ['новая ЁЛКА']);
  t.deepEqual(await find('"стоит"'), ['Ёлка стоит']);
  t.deepEqual(await find('нет'), []);
});

test('sealed segments are searched through files beside them, which survive a restart', async (t) => {
  const history = await openHistory(t);
  await addAll(history, manyMessages());
  const sealed = history.store.segments().filter(({ isSealed }) => isSealed).length;
  t.true(sealed > 2);

  t.deepEqual(await history.find('number7'), ['number7 сообщение']);

  t.is((await wordFilesIn(history.folder)).length, sealed);
  await history.reopen();
  t.deepEqual(await history.find('number7'), ['number7 сообщение']);
  t.is((await history.find('сообщ')).length, 40);
});

test('a damaged, cut or missing file of words is made anew', async (t) => {
  const history = await openHistory(t);
  await addAll(history, manyMessages());
  await history.find('x');
  const names = await wordFilesIn(history.folder);
  const [first = '', second = '', third = ''] = names.map((name) => join(history.folder, name));
  const before = await Promise.all([first, second, third].map((path) => readFile(path)));
  await writeFile(first, Buffer.from(before[0]!).fill(7, 60, 70));
  await truncate(second, 40);
  await rm(third);

  await history.reopen();

  t.is((await history.find('сообщ')).length, 40);
  const after = await Promise.all([first, second, third].map((path) => readFile(path)));
  t.deepEqual(after, before);
});

test('a file of words that breaks while it is in use is made anew', async (t) => {
  const { store, find, folder } = await openHistory(t);
  await addAll({ store }, manyMessages());
  await find('x');
  const [first = ''] = await wordFilesIn(folder);
  await writeFile(join(folder, first), 'something else');

  t.is((await find('сообщ')).length, 40);
});

test('what was deleted is not found, in sealed segments and in the newest one', async (t) => {
  const { store, find } = await openHistory(t);
  const stored = await addAll({ store }, manyMessages());
  await find('x');

  await store.remove(1, [stored[3]!.s, stored[39]!.s]);

  t.deepEqual(
    await find('number3'),
    [...Array(10).keys()]
      .map((n) => `number${39 - n} сообщение`)
      .filter((text) => !text.startsWith('number39')),
  );
  await store.removeConversation(1);
  t.deepEqual(await find('сообщ'), []);
});

test('without room on the disk segments are searched all the same', async (t) => {
  const { store, find, folder } = await openHistory(t, false);
  await addAll({ store }, manyMessages());

  t.is((await find('сообщ')).length, 40);
  t.deepEqual(await wordFilesIn(folder), []);
});

test('indexes are made beforehand, and not twice', async (t) => {
  const { store, words, folder } = await openHistory(t);
  await addAll({ store }, manyMessages());
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;

  await words.prepare(pause);

  const sealed = store.segments().filter(({ isSealed }) => isSealed).length;
  t.is((await wordFilesIn(folder)).length, sealed);
  t.is(pauses, sealed + 1);
  await words.prepare(pause);
  t.is(pauses, sealed + 1);
});

test('the keeper makes indexes in the background and removes those of what is gone', async (t) => {
  const { store, words, folder } = await openHistory(t);
  await addAll({ store }, manyMessages());
  const stray = join(folder, '000099.words');
  const left = join(folder, '000001.words.1.abcd.tmp');
  const outdated = join(folder, '000001.words');
  for (const path of [stray, left, outdated]) await writeFile(path, 'something');
  const onDefect = (error: unknown): void => t.fail(String(error));
  const clock = new FakeClock();
  const keeper = new WordKeeper({ index: words, clock, isLazy: false, onDefect });
  t.teardown(() => keeper.stop());

  keeper.start();

  const sealed = store.segments().filter(({ isSealed }) => isSealed);
  await eventually(async () => {
    await clock.pass(1000);
    return (await wordFilesIn(folder)).length === sealed.length;
  });
  const names = await readdir(folder);
  t.false(names.includes('000099.words') || names.some((name) => name.endsWith('.tmp')));
});

test('a lazy keeper makes nothing, but removes what is outdated', async (t) => {
  const { store, words, folder, find } = await openHistory(t);
  await addAll({ store }, manyMessages());
  await find('x');
  const made = await wordFilesIn(folder);
  await writeFile(join(folder, made[0]!), 'something');
  const onDefect = (error: unknown): void => t.fail(String(error));
  const clock = new FakeClock();
  const keeper = new WordKeeper({ index: words, clock, isLazy: true, onDefect });
  t.teardown(() => keeper.stop());

  keeper.start();

  await eventually(async () => {
    await clock.pass(1000);
    return (await wordFilesIn(folder)).length === made.length - 1;
  });
  t.pass();
});

test('closing ends what is being made', async (t) => {
  const { store, words, folder } = await openHistory(t);
  await addAll({ store }, manyMessages());

  const preparing = words.prepare(() => new Promise(() => undefined));
  await words.close();

  await preparing;
  t.deepEqual(await wordFilesIn(folder), []);
});

const WORDS = ['кот', 'Который', 'коты', 'ёж', 'ежи', 'the', 'then', 'nаïve', 'naïve', '10', 'a'];
const text = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', ', ', '-')), { maxLength: 6 })
  .map((pairs) => pairs.flat().join(''));
const typed = fc
  .array(fc.constantFrom(...WORDS, 'к', 'ко', 't', 'e', '"кот"', 'the-th', '"the then', 'ёжи'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((words) => words.join(' '));

test('search finds what looking through everything finds', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text, conversation: fc.integer({ min: 1, max: 3 }) }), {
        maxLength: 60,
      }),
      fc.array(fc.nat(200), { maxLength: 10 }),
      fc.array(typed, { minLength: 1, maxLength: 4 }),
      fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
      fc.boolean(),
      async (messages, deleted, queries, conversation, before, isReopened) => {
        const history = await openHistory(t);
        const added = await addAll(
          history,
          messages.map((one) => createMessage(one.text, one.conversation)),
        );
        // Half of the deletions come before the indexes are made.
        await removeEach(history, deleted.slice(0, 5));
        await history.words.prepare(async () => undefined);
        await removeEach(history, deleted.slice(5));
        if (isReopened) await history.reopen();

        for (const query of queries) {
          const expected = added.filter(
            (message) =>
              history.store.stateOf(message.s) !== undefined &&
              (conversation === undefined || message.conversation === conversation) &&
              (before === undefined || message.s < before) &&
              findMarks(message.text, parseQuery(query)) !== undefined,
          );
          const found = await history.find(query, {
            limit: 1000,
            ...(conversation === undefined ? {} : { conversation }),
            ...(before === undefined ? {} : { before }),
          });
          if (parseQuery(query).length === 0) continue;
          t.deepEqual(
            found,
            expected.toReversed().map((message) => message.text),
          );
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function removeEach({ store }: History, places: readonly number[]): Promise<void> {
  const there = places.filter((s) => store.stateOf(s) !== undefined);
  for (const s of new Set(there)) {
    const [message] = await store.read([s]);
    await store.remove(message!.conversation, [s]);
  }
}
