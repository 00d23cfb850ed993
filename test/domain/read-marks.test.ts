import test from 'ava';
import { ContactRequests } from '../../daemon/domain/contact-requests.ts';
import { Contacts } from '../../daemon/domain/contacts.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import type { Contact } from '../../daemon/domain/model.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryMessageStore, memoryRequestStore } from '../helpers/memory-stores.ts';

const OWN = parseAddress('198.51.100.1');
const BOB_AT = parseAddress('203.0.113.7');

/** An address book with Bob, whose read marks are written after so many milliseconds. */
async function openBook(readSaveMs: number | undefined) {
  const events = new DomainEvents();
  const clock = new FakeClock();
  const written: number[] = [];
  const contacts = new Contacts({
    store: {
      initial: [],
      save: (all: readonly Contact[]) => {
        written.push(all[0]?.readUpTo ?? 0);
        return Promise.resolve();
      },
    },
    requests: new ContactRequests({ store: memoryRequestStore(), events }),
    messages: new MemoryMessageStore(),
    events,
    clock,
    random: fakeRandom(),
    own: { isOwn: (address) => address === OWN, isLoopbackAllowed: false, toldTo: () => OWN },
    touchSaveMs: 60_000,
    readSaveMs,
  });
  await contacts.add({ address: BOB_AT });
  written.length = 0;
  return { contacts, clock, written, bob: () => contacts.require(BOB_AT) };
}

test('a read mark is on the disk when it is said to be', async (t) => {
  const { contacts, written, bob } = await openBook(undefined);

  await contacts.markRead(bob(), 7);

  t.deepEqual(written, [7]);
});

test('where the disk is spared, what is read within a while is written once', async (t) => {
  const { contacts, clock, written, bob } = await openBook(5_000);

  for (const place of [5, 6, 7]) await contacts.markRead(bob(), place);
  const atOnce = [...written];
  clock.advance(5_000);
  await contacts.markRead(bob(), 8);
  clock.advance(4_999);

  t.deepEqual(atOnce, []);
  t.is(bob().readUpTo, 8);
  t.deepEqual(written, [7]);
  clock.advance(1);
  t.deepEqual(written, [7, 8]);
});

test('a daemon that stops writes what was read', async (t) => {
  const { contacts, clock, written, bob } = await openBook(5_000);
  await contacts.markRead(bob(), 7);

  await contacts.flush();
  clock.advance(10_000);

  t.deepEqual(written, [7]);
});
