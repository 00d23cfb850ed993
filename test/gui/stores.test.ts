import { signal } from '@preact/signals';
import test from 'ava';
import type { ApiStatus } from '../../daemon/wire/gui-api.ts';
import { createContactsStore } from '../../gui/src/stores/contacts-store.ts';
import {
  filterRows,
  listConversations,
  listRowName,
} from '../../gui/src/stores/conversation-list.ts';
import { createConversationsStore } from '../../gui/src/stores/conversations-store.ts';
import { createMeStore } from '../../gui/src/stores/me-store.ts';
import { createNoticesStore } from '../../gui/src/stores/notices-store.ts';
import { createStatusStore } from '../../gui/src/stores/status-store.ts';
import { createToastStore } from '../../gui/src/stores/toast-store.ts';
import {
  ANNA,
  BORIS,
  createManualClock,
  createMemoryStorage,
  FINGERPRINT,
  iso,
  ME,
  NOON,
  sampleContact,
  sampleConversation,
  sampleMessage,
} from './fakes.ts';

const boris = sampleContact({ address: BORIS, nick: 'Boris', can_resend: 1 });

const SETTINGS = {
  theme: 'system',
  language: 'system',
  read_receipts: false,
  honour_deletion: true,
  retention: 'forever',
} as const;

const STATUS: ApiStatus = {
  version: '1',
  nick: 'me',
  status: 'online',
  address: ME,
  settings: SETTINGS,
  listeners: [],
  addresses: [ME],
  outbox: 0,
  reachable: 1,
  disk: { state: 'ok', free_bytes: null, loss_window_ms: 0 },
  notices: [],
};

test('contacts follow the topic', (t) => {
  const contacts = createContactsStore();
  t.false(contacts.isLoaded.value);

  contacts.apply({ type: 'set', value: { [ANNA]: sampleContact(), broken: { nick: 1 } } });
  contacts.apply({ type: 'add', key: BORIS, value: boris });
  contacts.apply({ type: 'change_value', key: ANNA, value: sampleContact({ nick: 'Anya' }) });

  t.true(contacts.isLoaded.value);
  t.deepEqual(
    contacts.people.value.map(({ nick }) => nick),
    ['Anya', 'Boris'],
  );
  t.deepEqual(contacts.carriers.value, [boris]);

  contacts.apply({ type: 'pop', key: BORIS });
  t.false(contacts.byAddress.value.has(BORIS));
});

test('requests stand apart, and blocked ones are not seen', (t) => {
  const contacts = createContactsStore();

  contacts.apply({
    type: 'set',
    value: {
      [ANNA]: sampleContact({ state: 'request' }),
      [BORIS]: sampleContact({ ...boris, state: 'request', blocked: true }),
    },
  });

  t.deepEqual(contacts.people.value, []);
  t.deepEqual(
    contacts.requests.value.map(({ address }) => address),
    [ANNA],
  );
});

test('a friend who moved is found by the address of before, a stranger who claims to be one is not', (t) => {
  const contacts = createContactsStore();
  const sealed = { id: 'A'.repeat(43), encryption: 'dr1', trust: 'tofu' } as const;
  const elsewhere = sampleContact({ ...sealed, address: BORIS });
  contacts.apply({ type: 'set', value: { [ANNA]: sampleContact(sealed) } });
  t.is(contacts.placeOf(ANNA), ANNA);

  contacts.apply({ type: 'pop', key: ANNA });
  t.is(contacts.placeOf(ANNA), ANNA);
  contacts.apply({ type: 'add', key: BORIS, value: { ...elsewhere, state: 'request' } });
  t.is(contacts.placeOf(ANNA), ANNA);
  contacts.apply({ type: 'change_value', key: BORIS, value: elsewhere });

  t.is(contacts.placeOf(ANNA), BORIS);
  t.is(contacts.nameOf(ANNA), 'Anna');
});

test('a contact without a nick is called by its address', (t) => {
  const contacts = createContactsStore();
  contacts.apply({ type: 'add', key: ANNA, value: sampleContact({ nick: ' ' }) });

  t.is(contacts.nameOf(ANNA), '200:…:2');
  t.is(contacts.nameOf(BORIS), 'fc92:44d1::7b04');
});

test('a nick cannot lie about its order', (t) => {
  const contacts = createContactsStore();
  contacts.apply({ type: 'add', key: ANNA, value: sampleContact({ nick: 'a\u202Egnp.exe' }) });

  t.is(contacts.nameOf(ANNA), 'a[U+202E]gnp.exe');
});

test('a notice is shown until it was seen in this browser', (t) => {
  const storage = createMemoryStorage();
  const status = signal<ApiStatus | undefined>({
    ...STATUS,
    notices: [{ at: iso(NOON), code: 'torn', message: 'cut off' }],
  });
  const notices = createNoticesStore(status, storage);
  t.is(notices.newest.value?.code, 'torn');

  notices.markSeen();

  t.is(notices.newest.value, undefined);
  t.is(createNoticesStore(status, storage).newest.value, undefined);
});

test('conversations are sorted by what happened last, drafts and unread with them', (t) => {
  const conversations = createConversationsStore();
  const last = sampleMessage(1, { received: iso(NOON + 5000) });
  conversations.apply({
    type: 'set',
    value: { [ANNA]: sampleConversation({ last, unread: 2 }) },
  });

  const rows = listConversations({
    people: [boris, sampleContact()],
    conversations: conversations.byAddress.value,
    drafts: new Map([[BORIS, ' half a thought ']]),
    ...{ outbox: [], rooms: [], roomOutbox: [] },
  });

  t.deepEqual(
    rows.map((row) => [listRowName(row), row.unread, row.draft]),
    [
      ['Anna', 2, ''],
      ['Boris', 0, 'half a thought'],
    ],
  );
  t.is(conversations.unread.value.get(ANNA), 2);
});

test('a message that is being sent brings its conversation up', (t) => {
  const sending = {
    id: 'x',
    to: BORIS,
    message: 'hi',
    at: NOON + 60_000,
    refusal: undefined,
  };

  const rows = listConversations({
    people: [sampleContact(), boris],
    conversations: new Map(),
    drafts: new Map(),
    ...{ outbox: [sending], rooms: [], roomOutbox: [] },
  });

  t.is(rows[0] && listRowName(rows[0]), 'Boris');
  t.is(rows[0]?.sending, sending);
});

test('the filter finds beginnings first, then parts, then letters in order', (t) => {
  const nicks = ['Bob Marley', 'Abobus', 'Beat Olga Bee', 'Zoe'];
  const rows = listConversations({
    people: nicks.map((nick) => sampleContact({ nick })),
    conversations: new Map(),
    drafts: new Map(),
    ...{ outbox: [], rooms: [], roomOutbox: [] },
  });

  const found = filterRows(rows, 'bob').map(listRowName);

  t.deepEqual(found, ['Bob Marley', 'Abobus', 'Beat Olga Bee']);
  t.deepEqual(filterRows(rows, ' '), rows);
});

test('the status is known once all of it is there, and another version is noticed', (t) => {
  const status = createStatusStore();
  status.apply({ type: 'add', key: 'version', value: '1' });
  t.is(status.status.value, undefined);

  status.apply({ type: 'set', value: STATUS });
  status.apply({ type: 'change_value', key: 'outbox', value: 3 });
  t.is(status.status.value?.outbox, 3);
  t.false(status.isUpdated.value);

  status.apply({ type: 'set', value: { ...STATUS, version: '2' } });
  t.true(status.isUpdated.value);
});

test('settings are remembered for the next opening', async (t) => {
  const storage = createMemoryStorage();
  const me = {
    nick: 'me',
    status: 'online',
    address: ME,
    addresses: [],
    id: 'A'.repeat(43),
    fingerprint: FINGERPRINT,
    version: '1',
    listeners: [],
    settings: { ...SETTINGS, theme: 'dark', language: 'ru', read_receipts: true },
    rekey: null,
    connection: 'loopback',
  } as const;
  const store = createMeStore(
    { me: async () => me, patchMe: async () => me, rekey: async () => me },
    storage,
  );
  t.deepEqual(store.settings.value, SETTINGS);

  await store.load();

  const next = createMeStore(
    { me: async () => me, patchMe: async () => me, rekey: async () => me },
    storage,
  );
  // What is not needed before the daemon answers is not kept.
  t.deepEqual(next.settings.value, { ...SETTINGS, theme: 'dark', language: 'ru' });
});

test('what another browser sets is followed', async (t) => {
  const storage = createMemoryStorage();
  const me = {
    ...STATUS,
    id: 'A'.repeat(43),
    fingerprint: FINGERPRINT,
    rekey: null,
    connection: 'loopback',
  } as const;
  const store = createMeStore(
    { me: async () => me, patchMe: async () => me, rekey: async () => me },
    storage,
  );
  await store.load();

  store.follow({
    nick: 'Masha',
    status: 'busy',
    settings: { ...SETTINGS, theme: 'light', language: 'en', read_receipts: true },
  });

  t.like(store.me.value, { nick: 'Masha', status: 'busy' });
  t.deepEqual(store.settings.value, {
    ...SETTINGS,
    theme: 'light',
    language: 'en',
    read_receipts: true,
  });
});

test('a toast goes by itself', (t) => {
  const clock = createManualClock();
  const toasts = createToastStore(clock);

  toasts.show('error.not_found');
  t.is(toasts.toast.value, 'error.not_found');
  clock.advance(6000);

  t.is(toasts.toast.value, undefined);
});
