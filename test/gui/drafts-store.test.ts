import test from 'ava';
import { createDraftsStore } from '../../gui/src/stores/drafts-store.ts';
import { createFarHub, type FarClient } from '../helpers/far-hub.ts';
import { ANNA, BORIS, createMemoryStorage } from './fakes.ts';

/** A browser with its drafts, at the far end of a line to the real topics. */
async function openBrowser(
  { come }: ReturnType<typeof createFarHub>,
  storage = createMemoryStorage(),
) {
  const far = await come();
  const live = { text: (name: string) => far.client.topic(name, 'string') };
  const drafts = createDraftsStore({ live, storage });
  return { far, drafts, storage, draft: drafts.of(ANNA) };
}

async function openTwo() {
  const hub = createFarHub();
  const [desk, phone] = [await openBrowser(hub), await openBrowser(hub)];
  const all: readonly FarClient[] = [desk.far, phone.far];
  hub.drain(all);
  return { hub, desk, phone, drain: () => hub.drain(all) };
}

test('what is typed shows at once, and in the other browser when it hears of it', async (t) => {
  const { desk, phone, drain } = await openTwo();

  desk.drafts.write(ANNA, 'hi');
  t.is(desk.draft.value, 'hi');
  t.is(phone.draft.value, '');
  drain();

  t.is(phone.draft.value, 'hi');
});

test('two who type at the same time both keep their letters', async (t) => {
  const { desk, phone, drain } = await openTwo();
  desk.drafts.write(ANNA, 'the lake');
  drain();

  desk.drafts.write(ANNA, 'the lake at six?');
  phone.drafts.write(ANNA, 'at the lake');
  drain();

  t.is(desk.draft.value, 'at the lake at six?');
  t.is(phone.draft.value, 'at the lake at six?');
});

test('what was typed before the page showed what another wrote finds its place', async (t) => {
  const { desk, phone, drain } = await openTwo();
  desk.drafts.write(ANNA, 'six?');
  drain();
  phone.drafts.write(ANNA, 'at six?');
  drain();

  desk.drafts.write(ANNA, 'six? yes', { before: 'six?', cursor: 8 });
  drain();

  t.is(desk.draft.value, 'at six? yes');
});

test('what others do is told as edits, and what is done here is not', async (t) => {
  const { desk, phone, drain } = await openTwo();
  const heard: unknown[] = [];
  desk.drafts.onEdits(ANNA, (edits) => heard.push(...edits));

  desk.drafts.write(ANNA, 'b');
  drain();
  phone.drafts.write(ANNA, 'ab');
  drain();

  t.deepEqual(heard, [{ at: 0, removed: 0, inserted: 1 }]);
});

test('a message that is sent takes along what its author saw, and nothing else', async (t) => {
  const { desk, phone, drain } = await openTwo();
  desk.drafts.write(ANNA, 'sent');
  drain();

  desk.drafts.write(ANNA, '');
  phone.drafts.write(ANNA, 'sent, not yet seen');
  drain();

  t.is(desk.draft.value, ', not yet seen');
});

test('a draft written without a daemon goes out with the next connection', async (t) => {
  const { desk, phone, drain } = await openTwo();
  desk.far.lines.at(-1)?.cut(true);
  desk.drafts.write(ANNA, 'kept');
  phone.drafts.write(ANNA, 'older ');
  drain();
  t.is(phone.draft.value, 'older ');

  await desk.far.comeBack();
  drain();

  t.is(phone.draft.value, 'older kept');
  t.is(desk.draft.value, 'older kept');
});

test('a draft is in the storage until the daemon has it, and no longer', async (t) => {
  const { desk, drain } = await openTwo();

  desk.drafts.write(ANNA, 'mine');
  t.is(desk.storage.length, 1);
  drain();
  await Promise.resolve();

  t.is(desk.storage.length, 0);
});

test('a draft outlives a reload, and what others wrote meanwhile stays', async (t) => {
  const { hub, desk, phone, drain } = await openTwo();
  desk.drafts.write(ANNA, 'the lake');
  drain();
  desk.far.lines.at(-1)?.cut(true);
  desk.drafts.write(ANNA, 'the lake at six');
  phone.drafts.write(ANNA, 'to the lake');
  drain();

  const again = await openBrowser(hub, desk.storage);
  t.is(again.draft.value, 'the lake at six');
  hub.drain([again.far, phone.far]);

  t.is(again.draft.value, 'to the lake at six');
  t.is(phone.draft.value, 'to the lake at six');
});

test('what the daemon had got before the reload is not there twice', async (t) => {
  const { hub, desk, phone } = await openTwo();
  desk.drafts.write(ANNA, 'once');
  desk.far.lines.at(-1)?.arrive();
  desk.far.lines.at(-1)?.cut(true);

  const again = await openBrowser(hub, desk.storage);
  hub.drain([again.far, phone.far]);

  t.is(again.draft.value, 'once');
});

test('what an earlier version kept is still there', async (t) => {
  const storage = createMemoryStorage();
  storage.setItem(`vestnik.draft.${ANNA}`, 'from before');

  const { draft } = await openBrowser(createFarHub(), storage);

  t.is(draft.value, 'from before');
});

test('drafts of other browsers are followed from the list of topics', async (t) => {
  const hub = createFarHub();
  const { drafts, far } = await openBrowser(hub);
  const other = await openBrowser(hub);
  other.drafts.write(BORIS, 'to Boris');
  hub.drain([other.far]);

  drafts.followListed({
    type: 'set',
    value: [{ topic_name: `draft/${BORIS}`, type: 'string' }, 7],
  });
  drafts.followListed({ type: 'append', item: { topic_name: 'typing/x', type: 'event' } });
  hub.drain([far]);

  t.deepEqual([...drafts.texts.value], [[BORIS, 'to Boris']]);
});
