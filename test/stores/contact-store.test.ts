import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Contact } from '../../daemon/domain/model.ts';
import { openContactStore } from '../../daemon/stores/contact-store.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const NOW_MS = 1_772_366_400_000;

const identity = { id: 'A'.repeat(43), dh: 'B'.repeat(42) + 'A' };
const bind = 'C'.repeat(85) + 'A';

const bob: Contact = {
  number: 1,
  address: parseAddress('fc00::b'),
  nick: 'Bob',
  sharesPresence: 'nothing',
  toldPresence: { status: 'hidden', showsLastSeen: false },
  shownPresence: { status: 'busy', showsLastSeen: true, at: 5000 },
  state: 'established',
  key: 'his key',
  issuedKey: 'our key',
  retiredKeys: ['a'.repeat(43)],
  isHandshakeDue: false,
  candidate: { key: 'another', identity: { ...identity, bind }, at: NOW_MS },
  encryption: 'dr1',
  isPlainByChoice: false,
  retention: '30d',
  takenBack: { count: 2, at: NOW_MS },
  identity,
  trust: 'verified',
  expected: undefined,
  isKnownToPeer: true,
  knownAs: undefined,
  isRekeyOffered: false,
  rekeyed: undefined,
  refusedPlain: 3,
  sequenceBase: 4,
  countedSince: NOW_MS + 3,
  peerSequenceBase: 5,
  peerCountedSince: NOW_MS + 4,
  peerSequenceStart: 6,
  canResend: true,
  relayFor: false,
  relayPlain: true,
  isMuted: true,
  isBlocked: true,
  since: NOW_MS,
  lastOnlineAt: NOW_MS + 1,
  lastConnectAt: undefined,
  relayRefusedAt: NOW_MS + 2,
  readUpTo: 17,
};

/** A data folder with this address book, and a function that opens it as a start does. */
async function useBook(t: ExecutionContext, book?: unknown) {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'contacts.json');
  if (book !== undefined) await writeFile(path, JSON.stringify(book));
  const messages = new MemoryMessageStore();
  const open = async () => {
    const notices: string[] = [];
    const store = await openContactStore({
      folder,
      messages,
      random: { fraction: () => 0, bytes: (length) => new Uint8Array(length).fill(255) },
      nowMs: () => NOW_MS,
      onNotice: ({ code }) => notices.push(code),
    });
    return { store, notices };
  };
  const read = async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
  return { messages, open, read };
}

test('contacts are kept over a restart', async (t) => {
  const book = await useBook(t);
  const plain: Contact = { ...bob, number: 2, address: parseAddress('10.0.0.1'), key: undefined };
  const newcomer: Contact = { ...plain, number: 3, address: parseAddress('10.0.0.2') };
  const contacts = [bob, plain, { ...newcomer, candidate: undefined, relayRefusedAt: undefined }];
  await (await book.open()).store.save(contacts);

  const { store, notices } = await book.open();

  t.deepEqual(store.initial, contacts);
  t.deepEqual(notices, []);
});

test('the file has the form of the source document', async (t) => {
  const book = await useBook(t);

  await (await book.open()).store.save([bob]);

  t.deepEqual(await book.read(), {
    'fc00::b': {
      nick: 'Bob',
      last_online: '2026-03-01T12:00:00.001Z',
      last_connect: '',
      can_resend: 1,
      key: 'his key',
      other_info: {
        number: 1,
        state: 'established',
        since: '2026-03-01T12:00:00.000Z',
        issued_key: 'our key',
        handshake_due: false,
        encryption: 'dr1',
        plain_by_choice: false,
        identity,
        trust: 'verified',
        known_to_peer: true,
        candidate: {
          key: 'another',
          identity: { ...identity, bind },
          at: '2026-03-01T12:00:00.000Z',
        },
        refused_plain: 3,
        sequence_base: 4,
        counted_since: '2026-03-01T12:00:00.003Z',
        peer_sequence_base: 5,
        peer_counted_since: '2026-03-01T12:00:00.004Z',
        peer_sequence_start: 6,
        retired_keys: ['a'.repeat(43)],
        relay_for: false,
        relay_plain: true,
        relay_refused: '2026-03-01T12:00:00.002Z',
        muted: true,
        blocked: true,
        read_up_to: 17,
        retention: '30d',
        shares_presence: 'nothing',
        told_presence: { status: 'hidden', last_seen: false },
        shown_presence: { status: 'busy', last_seen: true, at: '1970-01-01T00:00:05.000Z' },
        taken_back: { messages: 2, at: '2026-03-01T12:00:00.000Z' },
      },
    },
  });
});

test('an entry with only the members of the source document is completed, once', async (t) => {
  const base = { nick: 'Eve', last_online: '', last_connect: '', can_resend: 0, key: '' };
  const book = await useBook(t, {
    'FC00:0::0E': { ...base, other_info: {} },
    '10.0.0.1': { nick: 'Ann', key: 'hers', can_resend: true, last_online: 1_772_366_400 },
  });
  await book.messages.nameConversation(4, 'fc00::e');

  const first = await book.open();
  const second = await book.open();

  t.deepEqual(first.notices, ['entry_completed', 'entry_completed']);
  t.like(first.store.initial, {
    length: 2,
    0: { number: 4, address: 'fc00::e', state: 'requested', issuedKey: '_'.repeat(42) + '8' },
    1: { number: 5, state: 'established', canResend: true, lastOnlineAt: NOW_MS, relayFor: true },
  });
  t.deepEqual(second.store.initial, first.store.initial);
  t.deepEqual(second.notices, []);
  t.is(book.messages.conversationOf('10.0.0.1'), 5);
});

test('an address book from before encryption is understood', async (t) => {
  const info = { issued_key: 'k', handshake_due: false };
  const book = await useBook(t, {
    '10.0.0.1': { key: 'hers', other_info: { ...info, number: 1 } },
    '10.0.0.2': { key: '', other_info: { ...info, number: 2 } },
    '10.0.0.3': {
      key: 'his',
      other_info: { ...info, number: 3, new_key: { key: 'another', at: '2026-03-01T12:00:00Z' } },
    },
  });

  const { store, notices } = await book.open();

  t.like(store.initial, {
    length: 3,
    0: { encryption: 'plain', identity: undefined, trust: 'tofu', sequenceBase: 0 },
    1: { encryption: 'undecided' },
    2: { candidate: { key: 'another', identity: undefined, at: NOW_MS } },
  });
  t.deepEqual(notices, []);
});

test('an identity that makes no sense is no reason to write plain', async (t) => {
  const info = { number: 1, issued_key: 'k', encryption: 'dr1' };
  const book = await useBook(t, {
    '10.0.0.1': { key: 'hers', other_info: { ...info, identity: { id: 'A', dh: 'B' } } },
    '10.0.0.2': { key: 'his', other_info: { ...info, number: 2 } },
  });

  const { store, notices } = await book.open();

  t.deepEqual(notices, ['entry_unreadable']);
  t.like(store.initial, { length: 1, 0: { encryption: 'undecided' } });
});

test('whom we expect is kept', async (t) => {
  const book = await useBook(t);
  const expected = {
    fingerprint: identity.id,
    source: 'link' as const,
    invitation: 'A'.repeat(22),
  };
  const awaited: Contact = { ...bob, identity: undefined, encryption: 'undecided', expected };
  await (await book.open()).store.save([awaited]);

  t.deepEqual((await book.open()).store.initial, [{ ...awaited, trust: 'tofu' }]);
});

test('what we do not know survives', async (t) => {
  const book = await useBook(t, {
    'fc00::b': {
      nick: 'Bob',
      colour: 'blue',
      other_info: { number: 1, issued_key: 'k', birthday: '1 May', ['__proto__']: { a: 1 } },
    },
  });

  const { store } = await book.open();
  await store.save(store.initial.map((contact) => ({ ...contact, nick: 'Robert' })));

  t.like(await book.read(), {
    'fc00::b': { nick: 'Robert', colour: 'blue', other_info: { birthday: '1 May' } },
  });
});

test('entries that can not be read stay as they are and are reported', async (t) => {
  const unreadable = {
    'bob.example': { nick: 'Bob' },
    '10.0.0.1': 'a friend',
    '10.0.0.2': { nick: 5 },
    '10.0.0.3': { other_info: { number: -1 } },
    '10.0.0.4': { can_resend: 'yes' },
    '10.0.0.5': { other_info: { state: 'best friend' } },
    '[fc00::B]': { nick: 'a second Bob' },
  };
  const book = await useBook(t, {
    'fc00::b': { nick: 'Bob', other_info: { number: 1, issued_key: 'k' } },
    ...unreadable,
  });

  const { store, notices } = await book.open();
  const ann = { ...bob, number: 2, address: parseAddress('10.0.0.1') };
  await store.save([...store.initial, ann]);

  t.deepEqual(notices, new Array(7).fill('entry_unreadable'));
  t.is(store.initial.length, 1);
  const { '10.0.0.1': friend, ...others } = unreadable;
  t.like(await book.read(), { ...others, '10.0.0.1 (set aside)': friend });
});

test('a copied entry gets a number and a key of its own', async (t) => {
  const entry = { nick: 'Bob', other_info: { number: 1, issued_key: 'k' } };
  const book = await useBook(t, { 'fc00::b': entry, 'fc00::c': entry });

  const { store } = await book.open();

  t.deepEqual(
    store.initial.map(({ number }) => number),
    [1, 2],
  );
  t.not(store.initial[1]?.issuedKey, 'k');
});

test('a file that is no address book is set aside', async (t) => {
  const book = await useBook(t, ['fc00::b']);

  const { store, notices } = await book.open();

  t.deepEqual(store.initial, []);
  t.deepEqual(notices, ['document_reset']);
});
