import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { DiskLevel } from '../../storage/disk-space.ts';
import { wireMessageId } from '../../daemon/crypto/digest.ts';
import { StorageError } from '../../storage/errors.ts';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import type { MessageStore } from '../../daemon/domain/ports.ts';
import { openMessageStore } from '../../daemon/stores/message-store.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { eventually } from '../helpers/eventually.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { alice, bob, createMessage, createStep } from './messages.ts';

const carol = parseAddress('fc00::c');
const carolThere = parseAddress('127.0.0.1:6884');

/** A line as a released version wrote it. */
function withChecksum(json: string): string {
  const body = json.replace(/(?:,"c":"[^"]*")?\}$/, '');
  return `${body},"c":"${crc32(body).toString(16).padStart(8, '0')}"}\n`;
}

/** A store in a folder, and what it told. */
async function openStore(folder: string, level: () => DiskLevel = () => 'ok') {
  const notices: string[] = [];
  const store = await openMessageStore({
    journal: { folder: join(folder, 'history'), fsync: 'never' },
    level,
    onNotice: ({ code, message }) => notices.push(`${code}: ${message}`),
  });
  return { store, notices };
}

/** As `openStore`, in a fresh folder, closed at the end of the test; `reopen` is a restart. */
async function useStore(t: ExecutionContext, level?: () => DiskLevel) {
  const folder = await temporaryFolder(t);
  const open = { ...(await openStore(folder, level)), folder, reopen };
  t.teardown(() => open.store.close());
  async function reopen() {
    await open.store.close();
    Object.assign(open, await openStore(folder, level));
    return open.store;
  }
  return open;
}

test('a message is stored with its place and its first state', async (t) => {
  const { store } = await useStore(t);

  const stored = await store.add([
    createMessage(),
    createMessage({ direction: 'in', id: 'b', via: carol }),
  ]);

  t.like(stored, {
    length: 2,
    0: { s: 1, rev: 1, state: 'queued' },
    1: { s: 2, state: 'delivered' },
  });
  t.deepEqual(await store.read([2, 1]), [stored[1], stored[0]]);
});

test('the journal of messages can be read by people', async (t) => {
  const { store, folder } = await useStore(t);
  await store.nameConversation(1, bob);
  await store.add([createMessage()]);
  await store.note(createStep({ messages: [2] }));
  await store.remove(1, [2]);
  await store.removeConversation(1);

  const lines = (await readFile(join(folder, 'history', '000001.jsonl'), 'utf8')).split('\n');

  t.deepEqual(
    lines.map((line) => line.replace(/,"c":"[0-9a-f]{8}"/, '')),
    [
      '{"s":1,"k":"conv","n":1,"address":"fc00::b"}',
      '{"s":2,"k":"msg","n":1,"d":"out","id":"id","from":"fc00::a","to":"fc00::b",' +
        '"ts":"2026-03-01T12:00:00.000Z","t":1772366400000,"at":1772366400005,"m":"hello","e":""}',
      '{"s":3,"k":"state","n":1,"of":[2],"st":"delivered","at":1772366400100,"o":"ok"}',
      '{"s":4,"k":"del","n":1,"of":[2]}',
      '{"s":5,"k":"drop","n":1}',
      '',
    ],
  );
});

test('all is as before after a restart', async (t) => {
  const opened = await useStore(t);
  await opened.store.add([createMessage(), createMessage({ id: 'b' }), createMessage({ id: 'c' })]);
  await opened.store.note(createStep({ messages: [1, 2] }));
  await opened.store.remove(1, [2]);
  const before = await opened.store.page(1, { limit: 10 });

  const store = await opened.reopen();

  t.deepEqual(await store.page(1, { limit: 10 }), before);
  t.deepEqual(
    before.map(({ s, rev, state }) => ({ s, rev, state })),
    [
      { s: 1, rev: 4, state: 'delivered' },
      { s: 3, rev: 3, state: 'queued' },
    ],
  );
});

test('outgoing messages that are not delivered are found at start', async (t) => {
  const opened = await useStore(t);
  await opened.store.add(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => createMessage({ id })));
  await opened.store.add([createMessage({ direction: 'in' }), createMessage({ conversation: 2 })]);
  await opened.store.note(createStep({ messages: [1] }));
  await opened.store.note(createStep({ messages: [2], step: 'relayed', via: carol }));
  await opened.store.note(createStep({ messages: [3, 4], step: 'failed', outcome: 'expired' }));
  await opened.store.note(createStep({ messages: [4], step: 'retry', outcome: undefined }));
  await opened.store.remove(1, [5]);
  await opened.store.removeConversation(2);

  const store = await opened.reopen();

  const at = createMessage().receivedAt;
  t.deepEqual(store.undelivered, [
    { conversation: 1, s: 2, state: 'relayed', sizeBytes: 5, at },
    { conversation: 1, s: 4, state: 'queued', sizeBytes: 5, at },
    { conversation: 1, s: 6, state: 'queued', sizeBytes: 5, at },
  ]);
});

test('a message names the relay that took it and the reason for which it failed', async (t) => {
  const { store } = await useStore(t);
  await store.add([createMessage(), createMessage({ id: 'b' })]);
  await store.note(createStep({ messages: [1, 2], step: 'relayed', via: carol }));
  await store.note(createStep({ messages: [1, 2], step: 'attempt', outcome: 'timeout' }));
  await store.note(createStep({ messages: [2], step: 'failed', outcome: 'cancelled' }));

  const [first, second] = await store.read([1, 2]);

  t.like(first, { state: 'relayed', relayedBy: carol, reason: undefined });
  t.like(second, { state: 'failed', relayedBy: carol, reason: 'cancelled' });
  t.is(store.stateOf(2), 'failed');
});

test('the timeline has every step in order', async (t) => {
  const opened = await useStore(t);
  await opened.store.add([createMessage(), createMessage({ id: 'b' })]);
  const steps = [
    createStep({ step: 'attempt', outcome: 'unreachable', messages: [1, 2] }),
    createStep({ step: 'relayed', via: carol, outcome: 'ok' }),
    createStep({ step: 'delivered', outcome: undefined, messages: [2, 1] }),
    createStep({ step: 'read', messages: [2] }),
  ];
  for (const step of steps) await opened.store.note(step);

  const store = await opened.reopen();

  t.deepEqual(await store.timeline(1), steps.slice(0, 3));
  t.deepEqual(await store.timeline(99), []);
});

test('an id is found in its conversation and direction, deleted or not', async (t) => {
  const { store } = await useStore(t);
  await store.add([createMessage(), createMessage({ direction: 'in' })]);
  await store.remove(1, [1]);

  t.is(await store.find(1, 'out', 'id'), 1);
  t.is(await store.find(1, 'in', 'id'), 2);
  t.is(await store.find(2, 'in', 'id'), undefined);
  t.is(await store.find(1, 'in', 'other'), undefined);
});

test('deleted messages are in no page and in no count', async (t) => {
  const { store } = await useStore(t);
  await store.add(['a', 'b', 'c'].map((id) => createMessage({ id, direction: 'in' })));
  t.is(store.countIncoming(1, 0), 3);

  await store.remove(1, [3]);

  t.is(store.countIncoming(1, 0), 2);
  t.is(store.lastPlace(1, 'in'), 2);
  t.is(store.lastPlace(1, 'out'), undefined);
  t.is(store.stateOf(3), undefined);
  t.deepEqual(await store.read([3]), []);
});

test('a conversation is forgotten up to now', async (t) => {
  const { store } = await useStore(t);
  await store.add([createMessage(), createMessage({ conversation: 2 })]);
  await store.removeConversation(1);
  await store.add([createMessage({ id: 'new' })]);

  t.deepEqual(
    (await store.page(1, { limit: 9 })).map(({ id }) => id),
    ['new'],
  );
  t.is(store.lastPlace(2), 2);
});

test('an address keeps its conversation, and a conversation may move', async (t) => {
  const opened = await useStore(t);
  await opened.store.nameConversation(1, bob);
  await opened.store.nameConversation(2, carol);
  await opened.store.nameConversation(1, alice);
  await opened.store.nameConversation(1, alice);

  const store = await opened.reopen();

  t.is(store.conversationOf(alice), 1);
  t.is(store.conversationOf(bob), undefined);
  t.is(store.conversationOf(carol), 2);
  t.is(store.nextConversation, 3);
});

test('new messages are refused on a full disk, steps are not', async (t) => {
  let level: DiskLevel = 'ok';
  const { store } = await useStore(t, () => level);
  await store.add([createMessage()]);
  level = 'full';

  await t.throwsAsync(store.add([createMessage({ id: 'b' })]), {
    instanceOf: StorageError,
    code: 'storage_full',
  });
  await t.notThrowsAsync(store.note(createStep()));
});

test('damage is told once, with when it was', async (t) => {
  const opened = await useStore(t);
  await opened.store.add(['a', 'b', 'c'].map((id) => createMessage({ id })));
  await opened.store.close();
  const segment = join(opened.folder, 'history', '000001.jsonl');
  await writeFile(segment, (await readFile(segment, 'utf8')).replace('"b"', '"x"'));
  await appendFile(segment, '{"s":4');

  const first = await openStore(opened.folder);
  await first.store.close();
  await opened.reopen();

  t.deepEqual(first.notices.toSorted(), [
    'journal_damaged: 1 record in history/000001.jsonl can not be read, after 2026-03-01; the bytes are in quarantine',
    'journal_repaired: a write to history/000001.jsonl was cut off; nothing that was confirmed is lost',
  ]);
  t.deepEqual(opened.notices, []);
  t.is((await opened.store.page(1, { limit: 9 })).length, 2);
});

test('a record that was damaged after its index was written is told of when it is read', async (t) => {
  const opened = await useStore(t);
  // The last lines of a file are looked at when it is opened.
  const text = 'long '.repeat(1000);
  await opened.store.add(['a', 'b', 'c'].map((id) => createMessage({ id, text })));
  await opened.store.close();
  const segment = join(opened.folder, 'history', '000001.jsonl');
  await writeFile(segment, (await readFile(segment, 'utf8')).replace('"b"', '"x"'));

  await opened.reopen();
  t.deepEqual(opened.notices, []);
  t.is((await opened.store.page(1, { limit: 9 })).length, 2);

  await eventually(() => opened.notices.length > 0);
  t.deepEqual(opened.notices, [
    'journal_damaged: 1 record in history/000001.jsonl can not be read, after 2026-03-01; the bytes are in quarantine',
  ]);
});

test('a journal from before encryption is understood', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = [
    '{"s":1,"k":"conv","n":1,"address":"127.0.0.1:5884"}',
    '{"s":2,"k":"msg","n":1,"d":"out","id":"thermos-1","from":"127.0.0.1","to":"127.0.0.1:5884","ts":"2026-11-21T00:11:14.940Z","t":1795219874940,"at":1795219874940,"m":"bring the thermos","e":""}',
    '{"s":3,"k":"state","n":1,"of":[2],"st":"relayed","at":1795219875010,"via":"127.0.0.1:6884","o":"ok"}',
    '{"s":4,"k":"state","n":1,"of":[2],"st":"delivered","at":1795219878872,"o":"ok"}',
  ].map(withChecksum);
  await mkdir(join(folder, 'history'), { mode: 0o700 });
  await writeFile(join(folder, 'history', '000001.jsonl'), lines.join(''));

  const { store, notices } = await openStore(folder);
  t.teardown(() => store.close());

  const [message] = await store.page(1, { limit: 9 });
  t.like(message, { id: 'thermos-1', state: 'delivered', enctype: '', relayedBy: carolThere });
  t.is(message?.sequence, undefined);
  t.is(store.lastSequence(1, 'out'), 0);
  t.deepEqual(notices, []);
});

test('a message leaves otherwise than it was stored, and may change once more', async (t) => {
  const opened = await useStore(t);
  await opened.store.add([
    createMessage(),
    createMessage({ id: 'b', enctype: 'dr1' }),
    createMessage({ id: 'c' }),
    createMessage({ id: 'd', direction: 'in', enctype: 'dr1' }),
  ]);
  await opened.store.note(createStep({ step: 'accepted', enctype: 'dr1' }));
  await opened.store.note(createStep({ step: 'attempt', messages: [2], enctype: '' }));
  await opened.store.note(createStep({ step: 'relayed', messages: [3], enctype: 'dr1' }));
  await opened.store.note(createStep({ messages: [3], enctype: undefined }));

  const before = await opened.store.page(1, { limit: 9 });
  const after = await (await opened.reopen()).page(1, { limit: 9 });

  t.deepEqual(
    after.map(({ enctype, state }) => [enctype, state]),
    [
      ['dr1', 'queued'],
      ['', 'queued'],
      ['dr1', 'delivered'],
      ['dr1', 'delivered'],
    ],
  );
  t.deepEqual(before, after);
  t.deepEqual(
    (await opened.store.timeline(1))[0],
    createStep({ step: 'accepted', enctype: 'dr1' }),
  );
});

test('a message that was accepted is still under way at start', async (t) => {
  const opened = await useStore(t);
  await opened.store.add([createMessage()]);
  await opened.store.note(createStep({ step: 'accepted' }));

  const store = await opened.reopen();

  t.deepEqual(
    store.undelivered.map(({ s, state }) => [s, state]),
    [[1, 'queued']],
  );
});

test('numbers go on after a restart, and after the conversation was emptied', async (t) => {
  const opened = await useStore(t);
  await opened.store.add([
    createMessage({ sequence: 1 }),
    createMessage({ id: 'b', sequence: 2 }),
    createMessage({ id: 'c', sequence: 4, direction: 'in' }),
    createMessage({ id: 'd', sequence: 9, conversation: 2 }),
  ]);
  await opened.store.countSequence(1, 5);
  await opened.store.removeConversation(1);

  const store = await opened.reopen();

  t.is(store.lastSequence(1, 'out'), 2);
  t.is(store.lastSequence(1, 'in'), 5);
  t.is(store.lastSequence(3, 'in'), 0);
  t.deepEqual(store.missing(1), []);
});

test('numbers that never came are missing, whatever their order', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ q: fc.integer({ min: 1, max: 60 }), isKept: fc.boolean() }), {
        maxLength: 60,
      }),
      async (coming) => {
        const folder = await temporaryFolder(t);
        const { store } = await openStore(folder);
        for (const [index, { q, isKept }] of coming.entries()) {
          if (!isKept) await store.countSequence(1, q);
          else await store.add([createMessage({ id: `${index}`, sequence: q, direction: 'in' })]);
        }
        const live = store.missing(1);
        await store.close();
        const { store: reopened } = await openStore(folder);
        await reopened.close();

        const came = new Set(coming.map(({ q }) => q));
        const greatest = Math.max(0, ...came);
        const expected = Array.from({ length: greatest }, (_, i) => i + 1).filter(
          (q) => !came.has(q),
        );
        const listed = live.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        );
        t.deepEqual(listed, expected);
        t.deepEqual(reopened.missing(1), live);
        t.true(live.every((gap, i) => gap.first > (live[i - 1]?.last ?? -1) + 1));
      },
    ),
    { numRuns: 60 },
  );
});

test('of very many gaps the oldest are forgotten, and the memory with them', async (t) => {
  const { store } = await useStore(t);
  const messages = Array.from({ length: 500 }, (_, i) =>
    createMessage({ id: `${i}`, sequence: 2 * i + 2, direction: 'in' }),
  );
  await store.add(messages);
  await store.countSequence(1, 1);
  await store.countSequence(1, Number.MAX_SAFE_INTEGER);

  const missing = store.missing(1);

  t.is(missing.length, 200);
  t.deepEqual(missing[0], { first: 603, last: 603 });
  t.deepEqual(missing.at(-1), { first: 1001, last: Number.MAX_SAFE_INTEGER - 1 });
});

test('what a contact has not read is found back to what it has', async (t) => {
  const { store } = await useStore(t);
  await store.add(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => createMessage({ id })));
  await store.add([createMessage({ direction: 'in' })]);
  await store.add(['g', 'h'].map((id) => createMessage({ id })));
  await store.note(createStep({ step: 'read', messages: [2] }));
  await store.note(createStep({ step: 'failed', messages: [4], outcome: 'expired' }));
  await store.remove(1, [5]);

  t.deepEqual(store.unreadByPeer(1, 8), [3, 6, 8]);
  t.deepEqual(store.unreadByPeer(1, 5), [3]);
  t.deepEqual(store.unreadByPeer(1, 99), [3, 6, 8, 9]);
  t.deepEqual(store.unreadByPeer(2, 99), []);
});

test('an outgoing message is found by the id that it has on the wire', async (t) => {
  const opened = await useStore(t);
  const own = 'AAAAAAAAAAAAAAAAAAAAAA';
  await opened.store.add([
    createMessage({ id: 'thermos-1' }),
    createMessage({ id: own }),
    createMessage({ id: 'theirs', direction: 'in' }),
    createMessage({ id: wireMessageId('twin') }),
    createMessage({ id: 'twin' }),
  ]);
  const store = await opened.reopen();

  t.is(await store.find(1, 'out', wireMessageId('thermos-1')), 1);
  t.is(await store.find(1, 'out', 'thermos-1'), 1);
  t.is(await store.find(1, 'out', own), 2);
  t.is(await store.find(1, 'in', wireMessageId('theirs')), undefined);
  t.is(await store.find(2, 'out', wireMessageId('thermos-1')), undefined);
  t.is(await store.find(1, 'out', wireMessageId('twin')), 4);
  t.is(await store.find(1, 'out', 'twin'), 5);
});

/** What both stores must agree on: not on the reason of a message that went on after it had failed. */
function viewOf(messages: readonly StoredMessage[]) {
  return messages.map((message) => ({ ...message, reason: undefined }));
}

const place = fc.integer({ min: 1, max: 40 });
const places = fc.array(place, { minLength: 1, maxLength: 6 });

/** What can be done to a store. */
const action = fc.oneof(
  fc.record({
    conversation: fc.integer({ min: 1, max: 3 }),
    direction: fc.constantFrom('in', 'out'),
  }),
  fc.record({
    step: fc.constantFrom('attempt', 'relayed', 'delivered', 'read', 'failed', 'retry'),
    messages: places,
    via: fc.constantFrom(undefined, carol, alice),
  }),
  fc.record({ remove: places }),
  fc.record({ unseenIn: fc.integer({ min: 1, max: 3 }) }),
  fc.constant('restart' as const),
);

type Action = typeof action extends fc.Arbitrary<infer T> ? Exclude<T, 'restart'> : never;

/** @returns Whether messages were deleted. */
async function perform(store: MessageStore, one: Action, id: string): Promise<boolean> {
  if ('direction' in one) await store.add([createMessage({ ...one, id })]);
  else if ('step' in one) await store.note(createStep(one));
  else if ('unseenIn' in one) await store.removeUnseen(one.unseenIn, { id, sequence: 1 });
  if (!('remove' in one)) return false;
  const known = one.remove.filter((s) => store.stateOf(s) !== undefined);
  await store.remove(1, known);
  return known.length > 0;
}

test('it answers as a store in memory does, restarts or not', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), place, place, async (actions, a, b) => {
      const folder = await temporaryFolder(t);
      let { store } = await openStore(folder);
      const model = new MemoryMessageStore();

      for (const [index, one] of actions.entries()) {
        if (one === 'restart') {
          await store.close();
          ({ store } = await openStore(folder));
        } else {
          await perform(store, one, `${index}`);
          const hasDeleted = await perform(model, one, `${index}`);
          // A deletion takes a place in a journal, but none in the model.
          if (hasDeleted) await model.note(createStep({ messages: [] }));
        }
      }

      t.is(store.stateOf(a), model.stateOf(a));
      for (const conversation of [1, 2, 3]) {
        for (const query of [
          { limit: 5 },
          { limit: 5, before: a },
          { limit: 3, after: a, before: b },
        ]) {
          const page = await store.page(conversation, query);
          t.deepEqual(viewOf(page), viewOf(await model.page(conversation, query)));
        }
        t.is(store.countIncoming(conversation, a), model.countIncoming(conversation, a));
        t.is(store.lastPlace(conversation, 'in'), model.lastPlace(conversation, 'in'));
        for (const id of actions.keys()) {
          const found = await store.find(conversation, 'in', `${id}`);
          t.is(found, await model.find(conversation, 'in', `${id}`));
        }
        const ids = Array.from(actions.keys(), String);
        const known = await store.known(conversation, 'in', ids);
        t.deepEqual(known, await model.known(conversation, 'in', ids));
      }
      await store.close();
    }),
    { numRuns: 60 },
  );
});

test('a message that was taken back before it came is known by its id, also after a restart, and shows nowhere', async (t) => {
  const opened = await useStore(t);
  await opened.store.removeUnseen(1, { id: 'gone', sequence: 3 });
  const places = async (store: MessageStore) => [
    await store.find(1, 'in', 'gone'),
    await store.find(1, 'out', 'gone'),
    await store.find(2, 'in', 'gone'),
  ];

  t.deepEqual(await places(opened.store), [1, undefined, undefined]);
  const store = await opened.reopen();

  t.deepEqual(await places(store), [1, undefined, undefined]);
  t.deepEqual(await store.page(1, { limit: 9 }), []);
  t.deepEqual(await store.read([1]), []);
  t.is(store.countIncoming(1, 0), 0);
  t.is(store.lastPlace(1), undefined);
  t.deepEqual(store.missing(1), [{ first: 1, last: 2 }]);
  await store.add([createMessage({ direction: 'in', id: 'next', sequence: 4 })]);
  t.is(await store.find(1, 'in', 'next'), 2);
  t.is((await store.page(1, { limit: 9 })).length, 1);
});
