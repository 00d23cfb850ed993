/** The address book on a disk that takes nothing for a while: what was answered as failed has not happened. */
import test from 'ava';
import { ContactRequests } from '../../daemon/domain/contact-requests.ts';
import { Contacts } from '../../daemon/domain/contacts.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import {
  memoryContactStore,
  MemoryMessageStore,
  memoryRequestStore,
} from '../helpers/memory-stores.ts';

const OWN = parseAddress('198.51.100.1');
const BOB_AT = parseAddress('203.0.113.7');
const EVE_AT = parseAddress('203.0.113.8');
const NO_ROOM = new Error('there is no room left on the disk');

/** An address book with Bob in it. */
async function openBook() {
  const events = new DomainEvents();
  const gone: string[] = [];
  const book = memoryContactStore();
  const parked = memoryRequestStore();
  const requests = new ContactRequests({ store: parked, events });
  const contacts = new Contacts({
    store: book,
    requests,
    messages: new MemoryMessageStore(),
    events,
    clock: new FakeClock(),
    random: fakeRandom(),
    own: { isOwn: (address) => address === OWN, isLoopbackAllowed: false, toldTo: () => OWN },
    touchSaveMs: 60_000,
  });
  const { contact: bob } = await contacts.add({ address: BOB_AT, nick: 'Bob' });
  events.on('contactGone', ({ address }) => void gone.push(address));
  const ask = () =>
    requests.park({ address: EVE_AT, nick: 'Eve', key: 'k', identity: undefined, at: 1 });
  return { contacts, requests, events, gone, book, parked, bob, ask };
}

test('a change of a contact that finds no room is not seen afterwards, and those who look are told', async (t) => {
  const { contacts, events, book, bob } = await openBook();
  const seen: string[] = [];
  events.on('contact', ({ address }) => void seen.push(contacts.get(address)?.nick ?? ''));
  book.failure = NO_ROOM;

  await t.throwsAsync(contacts.change(BOB_AT, { nick: 'Robert', isMuted: true }), { is: NO_ROOM });
  await t.throwsAsync(contacts.block(BOB_AT), { is: NO_ROOM });
  await t.throwsAsync(contacts.markRead(bob, 7), { is: NO_ROOM });

  t.like(contacts.get(BOB_AT), { nick: 'Bob', isMuted: false, isBlocked: false, readUpTo: 0 });
  t.is(seen.at(-1), 'Bob');
});

test('of changes under way at once only those are taken back that found no room', async (t) => {
  const { contacts, book, bob } = await openBook();
  const writes = book.hold();

  const changes = [
    contacts.update(bob, { nick: 'B', isMuted: true }),
    contacts.update(bob, { nick: 'Bobby', isMuted: true }),
    contacts.update(bob, { canResend: true }),
  ];
  writes[0]?.refuse(NO_ROOM);
  writes[1]?.finish();
  writes[2]?.refuse(NO_ROOM);
  const outcomes = (await Promise.allSettled(changes)).map(({ status }) => status);

  t.deepEqual(outcomes, ['rejected', 'fulfilled', 'rejected']);
  t.like(contacts.get(BOB_AT), { nick: 'Bobby', isMuted: true, canResend: false });
});

test('signs of life stay when a change is taken back', async (t) => {
  const { contacts, book, bob } = await openBook();
  const writes = book.hold();

  const change = contacts.update(bob, { nick: 'B' });
  contacts.touch(bob, { lastOnlineAt: 5 });
  writes[0]?.refuse(NO_ROOM);
  await t.throwsAsync(change);

  t.like(contacts.get(BOB_AT), { nick: 'Bob', lastOnlineAt: 5 });
});

test('a contact whose removal finds no room is still there, and nothing of it has ended', async (t) => {
  const { contacts, gone, book } = await openBook();
  book.failure = NO_ROOM;

  await t.throwsAsync(contacts.remove(BOB_AT, { withHistory: true }), { is: NO_ROOM });
  const left = [...gone];
  book.failure = undefined;
  await contacts.change(BOB_AT, { isMuted: true });

  t.deepEqual(left, []);
  t.is(book.saved.length, 1);
  t.like(contacts.get(BOB_AT), { nick: 'Bob', isMuted: true });
});

test('what happens while a contact is being removed does not bring it back, and it goes once', async (t) => {
  const { contacts, gone, book, bob } = await openBook();

  await Promise.all([
    contacts.remove(BOB_AT, { withHistory: false }),
    contacts.update(bob, { nick: 'B' }),
    contacts.remove(BOB_AT, { withHistory: false }),
  ]);

  t.deepEqual(book.saved, []);
  t.is(contacts.get(BOB_AT), undefined);
  t.deepEqual(gone, [BOB_AT]);
});

test('a contact request that can not be parked, hidden, blocked or removed is as it was', async (t) => {
  const { contacts, parked, ask } = await openBook();
  parked.failure = NO_ROOM;
  await t.throwsAsync(ask(), { is: NO_ROOM });
  const unparked = contacts.requests();
  parked.failure = undefined;
  await ask();

  parked.failure = NO_ROOM;
  await t.throwsAsync(contacts.dismiss(EVE_AT), { is: NO_ROOM });
  await t.throwsAsync(contacts.block(EVE_AT), { is: NO_ROOM });
  await t.throwsAsync(contacts.remove(EVE_AT, { withHistory: false }), { is: NO_ROOM });

  t.deepEqual(unparked, []);
  t.like(contacts.request(EVE_AT), { nick: 'Eve', isDismissed: false, isBlocked: false });
});

test('a contact request that was accepted is not shown, though the disk would not let it go', async (t) => {
  const { contacts, parked, ask } = await openBook();
  await ask();
  parked.failure = NO_ROOM;

  const eve = await contacts.accept(EVE_AT);

  t.is(eve.state, 'established');
  t.deepEqual(contacts.requests(), []);
});
