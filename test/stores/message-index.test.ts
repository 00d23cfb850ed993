import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Clock, MessageStore } from '../../daemon/domain/ports.ts';
import { openMessageStore } from '../../daemon/stores/message-store.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { bob, createMessage, createStep } from './messages.ts';

const CONVERSATIONS = [1, 2, 3];

/** Some five lines a segment. */
const SMALL_BYTES = 1024;

/** Pauses pass at once, and nothing is due by itself. */
const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => 0,
  after(delayMs, run) {
    if (delayMs < DUE_MS) setImmediate(run);
    return { cancel: () => undefined };
  },
};
const DUE_MS = 1_000_000;

async function openStore(folder: string, segmentMaxBytes = SMALL_BYTES) {
  const notices: string[] = [];
  const store = await openMessageStore({
    journal: { folder: join(folder, 'history'), fsync: 'never', segmentMaxBytes },
    onNotice: ({ code }) => notices.push(code),
    upkeep: { clock, delayMs: DUE_MS },
  });
  return { store, notices };
}

/** As `openStore`, in a fresh folder, closed at the end of the test. */
async function useStore(t: ExecutionContext, segmentMaxBytes?: number) {
  const folder = await temporaryFolder(t);
  const { store } = await openStore(folder, segmentMaxBytes);
  t.teardown(() => store.close());
  return { store, folder };
}

const place = fc.integer({ min: 1, max: 60 });
const conversation = fc.constantFrom(...CONVERSATIONS);

/** What can happen to a history. */
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      add: conversation,
      direction: fc.constantFrom('in', 'out'),
      sequence: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom(
        ...(['attempt', 'relayed', 'accepted', 'delivered', 'read', 'failed', 'retry'] as const),
      ),
      messages: fc.array(place, { minLength: 1, maxLength: 6 }),
      enctype: fc.constantFrom(undefined, '', 'dr1'),
    }),
  },
  fc.record({ remove: fc.array(place, { minLength: 1, maxLength: 6 }) }),
  fc.record({ drop: conversation }),
  fc.record({ count: conversation, sequence: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ name: conversation, address: fc.constantFrom('fc00::1', 'fc00::2', 'fc00::3') }),
  fc.record({ unseen: conversation, sequence: fc.integer({ min: 1, max: 40 }) }),
  fc.constant('tidy' as const),
  fc.constant('restart' as const),
  fc.constant('crash' as const),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Deed = Exclude<Action, string>;

async function perform(store: MessageStore, deed: Deed, id: string): Promise<void> {
  if ('add' in deed) {
    const { add, direction, sequence } = deed;
    await store.add([createMessage({ conversation: add, direction, sequence, id })]);
  } else if ('step' in deed) {
    const via = deed.step === 'relayed' ? bob : undefined;
    await store.note(createStep({ ...deed, via }));
  } else if ('remove' in deed) {
    await store.remove(1, deed.remove);
  } else if ('drop' in deed) {
    await store.removeConversation(deed.drop);
  } else if ('count' in deed) {
    await store.countSequence(deed.count, deed.sequence);
  } else if ('unseen' in deed) {
    await store.removeUnseen(deed.unseen, { id, sequence: deed.sequence });
  } else {
    await store.nameConversation(deed.name, deed.address);
  }
}

/** All that a store can be asked. */
async function answersOf(store: MessageStore, ids: number) {
  const places = Array.from({ length: store.lastS }, (_, index) => index + 1);
  const found: unknown[] = [];
  const pages: unknown[] = [];
  for (const n of CONVERSATIONS) {
    for (let id = 0; id < ids; id++) {
      found.push(await store.find(n, 'in', `${id}`), await store.find(n, 'out', `${id}`));
    }
    for (const query of [
      { limit: 100 },
      { limit: 3, before: 20 },
      { limit: 4, after: 7, before: 30 },
    ]) {
      pages.push(await store.page(n, query));
    }
  }
  return {
    found,
    pages,
    lastS: store.lastS,
    undelivered: store.undelivered,
    next: store.nextConversation,
    names: ['fc00::1', 'fc00::2', 'fc00::3'].map((address) => store.conversationOf(address)),
    states: places.map((s) => store.stateOf(s)),
    timelines: await Promise.all(places.map((s) => store.timeline(s))),
    conversations: CONVERSATIONS.map((n) => ({
      last: [undefined, 'in' as const, 'out' as const].map((d) => store.lastPlace(n, d)),
      counts: [0, 10, 30].map((s) => store.countIncoming(n, s)),
      sequences: [store.lastSequence(n, 'in'), store.lastSequence(n, 'out'), store.missing(n)],
      unread: store.unreadByPeer(n, 40),
    })),
  };
}

/** Answers of a store that is opened on a copy of a folder. */
async function answersOfCopy(
  t: ExecutionContext,
  folder: string,
  ids: number,
  change: (history: string) => Promise<void>,
) {
  const copy = await copyFolder(t, folder);
  await change(join(copy, 'history'));
  const { store } = await openStore(copy);
  const answers = await answersOf(store, ids);
  await store.close();
  return answers;
}

/** A folder as it is at this moment, while a store works on it; files that are only begun come and go. */
async function copyFolder(t: ExecutionContext, folder: string): Promise<string> {
  const copy = await temporaryFolder(t);
  await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.tmp') });
  return copy;
}

async function indexesIn(history: string): Promise<readonly string[]> {
  const names = (await readdir(history)).filter((name) => name.endsWith('.index'));
  return names.map((name) => join(history, name));
}

/** Flips one byte of an index, or cuts it there. */
async function spoil(path: string, fraction: number, isCut: boolean): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(fraction * bytes.length);
  if (isCut) return writeFile(path, bytes.subarray(0, at));
  bytes[at] = (bytes[at] ?? 0) ^ 0x41;
  return writeFile(path, bytes);
}

test('what indexes say is what reading all segments says, whatever happened to either', async (t) => {
  const spot = fc.record({
    fraction: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    isCut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 60 }),
      spot,
      async (deeds, one) => {
        let folder = await temporaryFolder(t);
        let { store } = await openStore(folder);
        for (const [index, deed] of deeds.entries()) {
          if (deed === 'restart') {
            await store.close();
            ({ store } = await openStore(folder));
          } else if (deed === 'tidy') {
            const before = await answersOf(store, deeds.length);
            await store.tidy();
            t.deepEqual(await answersOf(store, deeds.length), before);
          } else if (deed === 'crash') {
            // What is on the disk at this moment, open files or not.
            const copy = await temporaryFolder(t);
            await cp(folder, copy, { recursive: true });
            await store.close();
            folder = copy;
            ({ store } = await openStore(folder));
          } else {
            await perform(store, deed, `${index}`);
          }
        }
        const live = await answersOf(store, deeds.length);
        await store.close();

        const loaded = await answersOfCopy(t, folder, deeds.length, async () => undefined);
        const scanned = await answersOfCopy(t, folder, deeds.length, async (history) => {
          for (const path of await indexesIn(history)) await rm(path);
        });
        const spoiled = await answersOfCopy(t, folder, deeds.length, async (history) => {
          for (const path of await indexesIn(history)) await spoil(path, one.fraction, one.isCut);
        });

        t.deepEqual(loaded, scanned);
        t.deepEqual(spoiled, scanned);
        t.deepEqual({ ...live, undelivered: scanned.undelivered }, scanned);
      },
    ),
    { numRuns: 30 },
  );
});

const indexLimit = test.macro({
  title: (_, ids: string, limitBytes: number) =>
    `the index takes less than ${limitBytes} bytes a message with ids ${ids}`,
  async exec(t, _ids: string, limitBytes: number, createId: () => string) {
    const { store } = await useStore(t, 1024 * 1024);
    const count = 20_000;
    let last = '';
    for (let stored = 0; stored < count; stored += 500) {
      const batch = Array.from({ length: 500 }, () => createMessage({ id: createId() }));
      const places = (await store.add(batch)).map(({ s }) => s);
      await store.note(createStep({ messages: places }));
      last = batch.at(-1)?.id ?? '';
    }

    t.true(store.sizes.indexBytes / count < limitBytes, `${store.sizes.indexBytes / count}`);
    t.is(await store.find(1, 'out', last), 20_039);
  },
});

test(indexLimit, 'as on the wire', 30, () => randomBytes(16).toString('base64url'));
test(indexLimit, 'of their own', 36, () => randomUUID());

/** All that the files say. */
async function textOf(folder: string): Promise<string> {
  const history = join(folder, 'history');
  const texts = await Promise.all(
    (await readdir(history)).map((name) => readFile(join(history, name), 'latin1')),
  );
  return texts.join('');
}

test('what was deleted leaves the files, and a late copy is known all the same', async (t) => {
  const { store, folder } = await useStore(t);
  for (let i = 0; i < 30; i++) {
    const sequence = i + 1;
    await store.add([createMessage({ direction: 'in', id: `${i}`, text: `text-${i}-`, sequence })]);
    await store.note(createStep({ messages: [store.lastS], step: 'read' }));
  }
  const places = await Promise.all([3, 4, 29].map((i) => store.find(1, 'in', `${i}`)));

  await store.remove(
    1,
    places.filter((place) => place !== undefined),
  );
  await store.tidy();

  const text = await textOf(folder);
  t.deepEqual(
    [3, 4, 5, 28, 29].filter((i) => text.includes(`text-${i}-`)),
    [5, 28],
  );
  t.deepEqual(await Promise.all([3, 4, 29].map((i) => store.find(1, 'in', `${i}`))), places);
  t.is(store.lastSequence(1, 'in'), 30);
  t.is((await store.page(1, { limit: 100 })).length, 27);
});

test('a conversation that was dropped leaves some bytes a message', async (t) => {
  const { store, folder } = await useStore(t);
  for (let i = 0; i < 50; i++) {
    await store.add([createMessage({ id: `${i}`, text: 'x'.repeat(200) })]);
    await store.note(createStep({ messages: [store.lastS] }));
  }

  await store.removeConversation(1);
  await store.tidy();

  const history = join(folder, 'history');
  t.true(store.sizes.journalBytes < 50 * 120, `${store.sizes.journalBytes}`);
  t.true((await readdir(history)).length < 10);
  t.is(await store.find(1, 'out', '7'), 15);
});

test('reading goes on while segments are written anew', async (t) => {
  const folder = await temporaryFolder(t);
  const { store: former } = await openStore(folder);
  const texts: string[] = [];
  for (let i = 0; i < 60; i++) {
    texts.push(`text-${i}`);
    await former.add([createMessage({ id: `${i}`, text: `text-${i}` })]);
  }
  await former.close();
  // Nothing is in memory any more.
  const { store } = await openStore(folder);
  t.teardown(() => store.close());
  await store.remove(1, [1, 20, 40]);
  const left = texts.filter((_, i) => ![0, 19, 39].includes(i));
  const progress = { isTidy: false };
  const reading = (async () => {
    while (!progress.isTidy) {
      const page = await store.page(1, { limit: 100 });
      t.deepEqual(
        page.map(({ text }) => text),
        left,
      );
    }
  })();

  await store.tidy();
  progress.isTidy = true;
  await reading;
});

test('at rest what a kill would have left to read gets an index, and not while messages come', async (t) => {
  const folder = await temporaryFolder(t);
  const fake = new FakeClock();
  const store = await openMessageStore({
    journal: { folder: join(folder, 'history'), fsync: 'never' },
    onNotice: () => undefined,
    upkeep: { clock: fake, delayMs: DUE_MS * 10, restMs: 60_000 },
  });
  t.teardown(() => store.close());
  const write = (from: number): Promise<unknown> =>
    store.add(
      Array.from({ length: 100 }, (_, i) =>
        createMessage({ id: `${from + i}`, text: 'x'.repeat(50_000) }),
      ),
    );
  await write(0);

  fake.advance(60_000);
  await write(100);
  fake.advance(60_000);
  const busy = await indexesIn(join(folder, 'history'));
  fake.advance(60_000);
  await eventually(async () => (await indexesIn(join(folder, 'history'))).length === 1);
  await write(200);
  const copy = await copyFolder(t, folder);
  const { store: killed } = await openStore(copy, 16 * 1024 * 1024);
  t.teardown(() => killed.close());

  t.deepEqual(busy, []);
  t.deepEqual(await killed.page(1, { limit: 1 }), await store.page(1, { limit: 1 }));
  t.is(await killed.find(1, 'out', '150'), 151);
});
