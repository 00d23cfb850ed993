/** A text or list that several edit: what shows while a change is on its way, refused, or of unknown fate. */
import test from 'ava';
import fc from 'fast-check';
import { ClientError } from '../../gui/client/errors.ts';
import { differenceOf, LIST, TEXT } from '../../gui/client/kinds.ts';
import { applyParts, bringTogether, movePlace, type Part } from '../../gui/client/parts.ts';
import { createSettled } from '../../gui/client/settled.ts';
import { SharedSequence } from '../../gui/client/shared-sequence.ts';
import type { TopicChange } from '../../gui/client/topic-frames.ts';

const insertion = (at: number, content: string): Part<string> => ({ at, removed: 0, content });
const removal = (at: number, removed: number): Part<string> => ({ at, removed, content: '' });

/** A text as the daemon told it first, and how to play the daemon. */
function openText(value: string, place: Readonly<Record<string, unknown>> = { life: 'a' }) {
  const text = new SharedSequence(TEXT);
  text.resume({ type: 'set', value, version: 1, ...place }, false);
  let made = 0;
  const take = (): TopicChange | undefined => text.takeNext(() => `own-${++made}`);
  const edit = (...parts: readonly Part<string>[]): Promise<unknown> => {
    const settled = createSettled<undefined>();
    text.edit(parts, [settled]);
    return settled.promise.then(
      () => 'done',
      (error: unknown) => (error instanceof ClientError ? error.message : error),
    );
  };
  return { text, take, edit };
}

test('what is typed while a change is on its way leaves as one change', (t) => {
  const { text, take, edit } = openText('');
  void edit(insertion(0, 'a'));
  t.like(take(), { type: 'insert', insertion: 'a', base: 1 });

  for (const [at, letter] of ['b', 'c', 'x'].entries()) void edit(insertion(at + 1, letter));
  void edit(removal(3, 1));
  t.is(take(), undefined);
  text.hear({ type: 'insert', position: 0, insertion: 'a', id: 'own-1', version: 2 }, 0);

  t.like(take(), { type: 'insert', position: 1, insertion: 'bc', base: 2 });
  t.is(text.shown, 'abc');
});

test('letters that are taken out one after another leave as one change, forwards and backwards', (t) => {
  for (const places of [
    [2, 1],
    [1, 1],
  ]) {
    const { take, edit } = openText('abcd');
    for (const at of places) void edit(removal(at, 1));

    t.like(take(), { type: 'delete', position: 1, deletion: 'bc' });
  }
});

test('a refused change is taken back, and what was typed after it stays', async (t) => {
  const { text, take, edit } = openText('the lake');
  const work = edit(insertion(8, ' at six'));
  take();
  void edit(insertion(3, ' blue'));
  void edit(insertion(text.shown.length, '?'));

  const edits = text.hearRejection('own-1', 'no');

  t.is(text.shown, 'the blue lake?');
  t.deepEqual(edits, [{ at: 13, removed: 7, inserted: 0 }]);
  t.is(await work, 'no');
});

test('a refused removal comes back where it was', async (t) => {
  const { text, take, edit } = openText('the lake');
  const work = edit(removal(0, 4));
  take();
  void edit(insertion(0, 'a '));

  text.hearRejection('own-1', 'no');

  t.is(text.shown, 'the a lake');
  t.is(await work, 'no');
});

test('what was typed into a text that somebody replaced meanwhile is sent again', async (t) => {
  const { text, take, edit } = openText('sent');
  const work = edit(insertion(4, ', and more'));
  take();
  text.hear({ type: 'set', value: '', id: 'other', version: 2 }, 0);

  text.hearRejection('own-1', 'the whole value was set meanwhile');

  t.is(text.shown, ', and more');
  t.like(take(), { type: 'insert', position: 0, insertion: ', and more', base: 2, id: 'own-2' });
  text.hear({ type: 'insert', position: 0, insertion: ', and more', id: 'own-2', version: 3 }, 0);
  t.is(await work, 'done');
});

test('a value that is set overwrites what waits and what others do until it is there', async (t) => {
  const { text, take, edit } = openText('old');
  const work = edit(insertion(0, 'x'));
  const settled = createSettled<undefined>();
  text.set('new', [settled]);
  void edit(insertion(3, 'er'));
  t.deepEqual(take(), { type: 'set', value: 'newer', id: 'own-1' });

  t.deepEqual(
    text.hear({ type: 'insert', position: 0, insertion: 'y', id: 'o', version: 2 }, 0),
    [],
  );
  text.hear({ type: 'set', value: 'newer', id: 'own-1', version: 3 }, 0);

  t.is(text.shown, 'newer');
  t.deepEqual(await Promise.all([work, settled.promise]), ['done', undefined]);
});

test('a value that was set and refused gives way to what others did', (t) => {
  const { text, take } = openText('old');
  text.set('new', []);
  take();
  text.hear({ type: 'insert', position: 3, insertion: '!', id: 'o', version: 2 }, 0);

  text.hearRejection('own-1', 'no');

  t.is(text.shown, 'old!');
});

const fates: readonly (readonly [
  name: string,
  change: Readonly<Record<string, unknown>>,
  shown: string,
  next: object | undefined,
])[] = [
  ['was applied', { value: 'ab', life: 'a', version: 2, applied: ['own-1'] }, 'ab', undefined],
  [
    'was not applied',
    { value: 'a', life: 'a', version: 1, applied: [] },
    'ab',
    { insertion: 'b', again: true, id: 'own-1' },
  ],
  [
    'was applied and overtaken',
    { value: 'xabx', life: 'a', version: 4, applied: ['own-1'] },
    'xabx',
    undefined,
  ],
  ['is unknown, and its words are there', { value: 'ab', life: 'b', version: 1 }, 'ab', undefined],
  [
    'is unknown, and its words are not there',
    { value: 'ax', life: 'b', version: 7 },
    'axb',
    { insertion: 'b', position: 2, base: 7, id: 'own-2' },
  ],
  [
    'is unknown since too much happened',
    { value: 'ax', life: 'a', version: 102, applied: [] },
    'axb',
    { insertion: 'b', base: 102, id: 'own-2' },
  ],
];
for (const [name, change, shown, next] of fates) {
  test(`a change that was on its way when the line broke and ${name}`, (t) => {
    const { text, take, edit } = openText('a');
    void edit(insertion(1, 'b'));
    take();
    text.lose(0);
    t.deepEqual(text.unanswered, ['own-1']);

    text.resume({ type: 'set', ...change }, false);

    t.is(text.shown, shown);
    const sent = take();
    if (next === undefined) t.is(sent, undefined);
    else t.like(sent, next);
  });
}

const restarts: readonly (readonly [
  name: string,
  saved: string,
  shown: string,
  next: object | undefined,
])[] = [
  ['nothing of it', '', 'cd', { insertion: 'cd', position: 0 }],
  ['what came before', 'ab', 'abcd', { insertion: 'cd', position: 2 }],
  ['all of it', 'abcd', 'abcd', undefined],
  ['some of it', 'abc', 'abcd', { insertion: 'd', position: 3 }],
];
for (const [name, saved, shown, next] of restarts) {
  test(`a daemon that crashed and had saved ${name} gets again what was put in a moment before`, (t) => {
    const { text, take, edit } = openText('');
    text.hear({ type: 'insert', position: 0, insertion: 'ab', id: 'other', version: 2 }, 0);
    void edit(insertion(2, 'cd'));
    take();
    text.hear({ type: 'insert', position: 2, insertion: 'cd', id: 'own-1', version: 3 }, 0);
    text.lose(1_000);

    text.resume({ type: 'set', value: saved, version: 1, life: 'b' }, true);

    t.is(text.shown, shown);
    const sent = take();
    if (next === undefined) t.is(sent, undefined);
    else t.like(sent, next);
  });
}

test('what was put in long before a crash, and what others took out, stays out', (t) => {
  for (const lostAtMs of [500, 5_000]) {
    const { text, take, edit } = openText('');
    void edit(insertion(0, 'abcd'));
    take();
    text.hear({ type: 'insert', position: 0, insertion: 'abcd', id: 'own-1', version: 2 }, 0);
    text.hear({ type: 'delete', position: 1, deletion: 'bc', id: 'other', version: 3 }, 0);
    text.lose(lostAtMs);

    text.resume({ type: 'set', value: '', version: 0, life: 'b' }, true);

    t.is(text.shown, lostAtMs === 500 ? 'ad' : '');
  }
});

test('what others took out of a text that the daemon has kept over a crash stays out', (t) => {
  for (const [version, shown] of [
    [4, ''],
    // It has forgotten something of it.
    [1, 'ab'],
  ] as const) {
    const { text, take, edit } = openText('');
    text.resume({ type: 'set', value: '', version: 1, life: 'kept' }, false);
    void edit(insertion(0, 'ab'));
    take();
    text.hear({ type: 'insert', position: 0, insertion: 'ab', id: 'own-1', version: 2 }, 0);
    text.lose(500);

    text.resume({ type: 'set', value: '', version, life: 'kept' }, true);

    t.is(text.shown, shown);
  }
});

test('what an earlier client left goes on from there', (t) => {
  const text = new SharedSequence(TEXT);
  text.restore('the lake', 'the blue lake');

  text.resume({ type: 'set', value: 'at the lake', version: 1, life: 'a' }, false);

  t.is(text.shown, 'at the blue lake');
  t.like(
    text.takeNext(() => 'id'),
    { type: 'insert', position: 7, insertion: 'blue ' },
  );
});

test('an item that somebody else took away can not be taken again', async (t) => {
  const list = new SharedSequence(LIST);
  list.resume({ type: 'set', value: ['a', 'b'], version: 1 }, false);
  list.edit([{ at: 0, removed: 0, content: ['x'] }], []);
  list.takeNext(() => 'own');
  const settled = createSettled<undefined>();
  list.edit([{ at: 1, removed: 1, content: [] }], [settled]);

  list.hear({ type: 'pop', position: 0, id: 'other', version: 2 }, 0);
  list.hear({ type: 'insert', position: 0, item: 'x', id: 'own', version: 3 }, 0);
  t.is(
    list.takeNext(() => 'more'),
    undefined,
  );

  t.deepEqual(list.shown, ['x', 'b']);
  await t.throwsAsync(settled.promise, { message: 'somebody else took that item away' });
});

const texts = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 8 });

test('the difference of two texts makes one of the other, and cuts no letter', (t) => {
  fc.assert(
    fc.property(texts, texts, fc.option(fc.nat(8), { nil: undefined }), (before, after, cursor) => {
      const end = cursor === undefined ? undefined : Math.min(cursor, after.length);
      const parts = differenceOf(TEXT, before, after, end);

      t.is(applyParts(TEXT, before, parts), after);
      t.true(parts.every(({ content }) => !/\p{Surrogate}/u.test(content)));
    }),
  );
});

const edits = fc.array(fc.record({ at: fc.nat(20), removed: fc.nat(4), content: texts }), {
  maxLength: 4,
});

/** Edits of a text that there can be. */
function fit(value: string, wanted: readonly Part<string>[]): readonly Part<string>[] {
  let now = value;
  return wanted.map(({ at, removed, content }) => {
    const place = at % (now.length + 1);
    const part =
      content === ''
        ? removal(place, Math.min(removed, now.length - place))
        : insertion(place, content);
    now = applyParts(TEXT, now, [part]);
    return part;
  });
}

test('two ways from one text lead to the same text, whichever is gone first', (t) => {
  fc.assert(
    fc.property(texts, edits, edits, (value, one, other) => {
      const [first, second] = [fit(value, one), fit(value, other)];

      const met = bringTogether(TEXT, first, second);

      t.is(
        applyParts(TEXT, applyParts(TEXT, value, first), met.second),
        applyParts(TEXT, applyParts(TEXT, value, second), met.first),
      );
    }),
    { numRuns: 500 },
  );
});

test('what is typed three times the same is typed at the cursor', (t) => {
  t.deepEqual(differenceOf(TEXT, 'aa', 'aaa', 1), [insertion(0, 'a')]);
  t.deepEqual(differenceOf(TEXT, 'aa', 'aaa', 3), [insertion(2, 'a')]);
  t.deepEqual(differenceOf(TEXT, 'aaa', 'aa', 1), [removal(1, 1)]);
});

test('a cursor stays where it was in the text', (t) => {
  t.is(movePlace(3, [{ at: 0, removed: 0, inserted: 2 }]), 5);
  t.is(movePlace(3, [{ at: 1, removed: 4, inserted: 0 }]), 1);
  t.is(movePlace(3, [{ at: 3, removed: 0, inserted: 2 }]), 3);
  t.is(movePlace(3, [{ at: 3, removed: 0, inserted: 2 }], true), 5);
  t.is(movePlace(3, [{ at: 9, removed: 1, inserted: 0 }]), 3);
});
