import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import { findMarks, parseQuery } from '../../daemon/domain/search-query.ts';
import { WordKeeper } from '../../daemon/stores/word-keeper.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { SearchedHistory } from '../helpers/searched-history.ts';

/** Enough for several segments. */
const MANY = Array.from({ length: 40 }, (_, index) => `number${index} сообщение`);

test('a message is found as soon as it is stored, the newest first', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(['Ёлка стоит', 'стояла ёлочка']);
  t.deepEqual(await history.find('елк'), ['Ёлка стоит']);

  await history.add(['новая ЁЛКА']);

  t.deepEqual(await history.find('елк'), ['новая ЁЛКА', 'Ёлка стоит']);
  t.deepEqual(await history.find('сто'), ['стояла ёлочка', 'Ёлка стоит']);
  t.deepEqual(await history.find('ел нов'), ['новая ЁЛКА']);
  t.deepEqual(await history.find('"стоит"'), ['Ёлка стоит']);
  t.deepEqual(await history.find('нет'), []);
});

test('sealed segments are searched through files beside them, which survive a restart', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  t.true(history.sealed > 2);

  t.deepEqual(await history.find('number7'), ['number7 сообщение']);

  t.is((await history.wordFiles()).length, history.sealed);
  await history.reopen();
  t.deepEqual(await history.find('number7'), ['number7 сообщение']);
  t.is((await history.find('сообщ')).length, MANY.length);
});

test('what was said in rooms is found among messages, and by its room', async (t) => {
  const [lobby, tea] = ['q3Vx0mJ2S8m1o4kTqv7cGA', '0oQ3kq2aT5K8r1mN9cXy4w'];
  const history = await SearchedHistory.open(t);
  await history.add(['Ёлка дома']);
  await history.say(['ёлка в холле', 'тихо'], lobby);
  await history.say(['чай под ёлкой'], tea);
  const all = ['чай под ёлкой', 'ёлка в холле', 'Ёлка дома'];
  const isFound = async (): Promise<void> => {
    t.deepEqual(await history.find('елк'), all);
    t.deepEqual(await history.find('елк', { room: lobby }), ['ёлка в холле']);
    t.deepEqual(await history.find('елк', { conversation: 1 }), ['Ёлка дома']);
    t.deepEqual(await history.find('ringo'), []);
  };
  await isFound();

  await history.say(MANY, tea);
  t.true(history.sealed > 2);
  await isFound();
  t.is((await history.find('сообщ', { room: tea })).length, MANY.length);
  await history.reopen();
  await isFound();

  await history.rooms.cut(lobby, 1);
  t.deepEqual(await history.find('елк', { room: lobby }), []);
  await history.reopen();
  t.deepEqual(await history.find('елк'), [all[0], all[2]]);
});

test('a damaged, cut or missing file of words is made anew', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  await history.find('x');
  const paths = (await history.wordFiles()).map((name) => join(history.folder, name));
  const [first = '', second = '', third = ''] = paths;
  const before = await Promise.all(paths.map((path) => readFile(path)));
  await writeFile(first, Buffer.from(before[0] ?? []).fill(7, 60, 70));
  await truncate(second, 40);
  await rm(third);

  await history.reopen();

  t.is((await history.find('сообщ')).length, MANY.length);
  t.deepEqual(await Promise.all(paths.map((path) => readFile(path))), before);
});

test('a file of words that breaks while it is in use is made anew', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  await history.find('x');
  const [first = ''] = await history.wordFiles();
  await writeFile(join(history.folder, first), 'something else');

  t.is((await history.find('сообщ')).length, MANY.length);
});

test('what was deleted is not found, in sealed segments and in the newest one', async (t) => {
  const history = await SearchedHistory.open(t);
  const stored = await history.add(MANY);
  await history.find('x');

  await history.store.remove(1, placesOf(stored, 3, 39));

  t.deepEqual(await history.find('"number3"'), []);
  t.deepEqual(await history.find('"number39"'), []);
  t.is((await history.find('сообщ')).length, MANY.length - 2);
  await history.store.removeConversation(1);
  t.deepEqual(await history.find('сообщ'), []);
});

test('without room on the disk segments are searched all the same', async (t) => {
  const history = await SearchedHistory.open(t, false);
  await history.add(MANY);

  t.is((await history.find('сообщ')).length, MANY.length);
  t.deepEqual(await history.wordFiles(), []);
});

test('indexes are made beforehand, and not twice', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses++;
  };

  await history.words.prepare(pause);

  t.is((await history.wordFiles()).length, history.sealed);
  t.is(pauses, history.sealed + 1);
  await history.words.prepare(pause);
  t.is(pauses, history.sealed + 1);
});

test('a search that comes while indexes are made beforehand waits for no pause', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  let goOn: () => void = () => undefined;
  const preparing = history.words.prepare(
    () =>
      new Promise((resolve) => {
        goOn = resolve;
      }),
  );

  const finding = history.find('сообщ');
  await eventually(() => {
    goOn();
    return history.wordFiles().then((names) => names.length === history.sealed);
  });

  t.is((await finding).length, MANY.length);
  await history.words.close();
  await preparing;
});

test('closing ends what is being made', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);

  const preparing = history.words.prepare(async () => undefined);
  await history.words.close();

  await preparing;
  t.true((await history.wordFiles()).length < history.sealed);
});

test('a keeper that is stopped leaves what it was making', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  const clock = new FakeClock();
  const keeper = startKeeper(t, history, clock, false);
  await clock.pass(10_000);
  // It reads the newest segment first, and then waits for a time that does not pass.
  await eventually(() => clock.waiting > 0);

  keeper.stop();
  await history.words.close();

  t.deepEqual(await history.wordFiles(), []);
});

test('the keeper makes indexes in the background and removes those of what is gone', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  for (const name of ['000099.words', '000001.words.1.abcd.tmp', '000001.words']) {
    await writeFile(join(history.folder, name), 'something');
  }
  const clock = new FakeClock();

  startKeeper(t, history, clock, false);

  await eventually(async () => {
    await clock.pass(1000);
    return (await history.wordFiles()).length === history.sealed;
  });
  const names = await readdir(history.folder);
  t.false(names.some((name) => name === '000099.words' || name.endsWith('.tmp')));
});

test('a lazy keeper makes nothing, but removes what is outdated', async (t) => {
  const history = await SearchedHistory.open(t);
  await history.add(MANY);
  await history.find('x');
  const [outdated = '', ...others] = await history.wordFiles();
  await writeFile(join(history.folder, outdated), 'something');
  const clock = new FakeClock();

  startKeeper(t, history, clock, true);

  await eventually(async () => {
    await clock.pass(1000);
    return !(await history.wordFiles()).includes(outdated);
  });
  t.deepEqual(await history.wordFiles(), others);
});

const WORDS = ['кот', 'Который', 'коты', 'ёж', 'ежи', 'the', 'then', 'naïve', 'NAIVE', '10', 'a'];
const text = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', ', ', '-')), { maxLength: 6 })
  .map((pairs) => pairs.flat().join(''));
const typed = fc
  .array(fc.constantFrom(...WORDS, 'к', 'ко', 't', '"кот"', 'the-th', '"the then', 'ёжи'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((words) => words.join(' '));

test('search finds what looking through everything finds', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(50), { maxLength: 10 }),
      fc.array(typed, { minLength: 1, maxLength: 4 }),
      fc.record({
        conversation: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        before: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
      }),
      fc.boolean(),
      async (messages, deleted, queries, options, isReopened) => {
        const history = await SearchedHistory.open(t);
        const stored: StoredMessage[] = [];
        for (const [one, conversation] of messages) {
          stored.push(...(await history.add([one], conversation)));
        }
        // Half of the deletions come before the indexes are made.
        await removeEach(history, deleted.slice(0, 5));
        await history.words.prepare(async () => undefined);
        await removeEach(history, deleted.slice(5));
        if (isReopened) await history.reopen();

        for (const query of queries) {
          const expected = stored
            .filter((message) => fits(history, message, options))
            .filter((message) => findMarks(message.text, parseQuery(query)) !== undefined)
            .map((message) => message.text);
          const found = await history.find(query, { ...options, limit: 100 });
          t.deepEqual(found, expected.toReversed());
        }
      },
    ),
    { numRuns: 40 },
  );
});

function fits(
  { store }: SearchedHistory,
  { s, conversation }: StoredMessage,
  wanted: Readonly<{ conversation: number | undefined; before: number | undefined }>,
): boolean {
  const isOfIt = wanted.conversation === undefined || wanted.conversation === conversation;
  return isOfIt && s < (wanted.before ?? Infinity) && store.stateOf(s) !== undefined;
}

async function removeEach({ store }: SearchedHistory, places: readonly number[]): Promise<void> {
  for (const s of places) {
    const [message] = await store.read([s]);
    if (message !== undefined) await store.remove(message.conversation, [s]);
  }
}

function placesOf(stored: readonly StoredMessage[], ...indexes: readonly number[]): number[] {
  return indexes.flatMap((index) => stored[index]?.s ?? []);
}

function startKeeper(
  t: Parameters<typeof SearchedHistory.open>[0],
  { words: index }: SearchedHistory,
  clock: FakeClock,
  isLazy: boolean,
): WordKeeper {
  const onDefect = (error: unknown): void => t.fail(String(error));
  const keeper = new WordKeeper({ index, clock, isLazy, onDefect });
  t.teardown(() => keeper.stop());
  keeper.start();
  return keeper;
}
