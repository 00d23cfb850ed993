import test from 'ava';
import { buildEncryption } from '../../daemon/build-encryption.ts';
import { tweetnaclDh } from '../../daemon/crypto/dh.ts';
import { SEED_BYTES } from '../../daemon/crypto/identity.ts';
import { ContactRequests, PARKED_MAX } from '../../daemon/domain/contact-requests.ts';
import { Contacts } from '../../daemon/domain/contacts.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import type { Handshakes, IncomingHandshake } from '../../daemon/domain/handshakes.ts';
import { Invitations } from '../../daemon/domain/invitations.ts';
import { OwnIdentities } from '../../daemon/domain/own-identities.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import {
  memoryContactStore,
  MemoryDeletionStore,
  MemoryIdentityStore,
  MemoryMessageStore,
  memoryInvitationStore,
  memoryRequestStore,
  MemorySessionStore,
} from '../helpers/memory-stores.ts';

const OWN = parseAddress('203.0.113.7');

/** The receiving side of handshakes, on a machine whose address is `OWN`. */
function createHandshakes() {
  const events = new DomainEvents();
  const clock = new FakeClock();
  const own = {
    isOwn: (address: Address) => address === OWN,
    isLoopbackAllowed: false,
    toldTo: () => OWN,
  };
  const requests = new ContactRequests({ store: memoryRequestStore(), events });
  const contacts = new Contacts({
    store: memoryContactStore(),
    requests,
    messages: new MemoryMessageStore(),
    events,
    clock,
    random: fakeRandom(),
    own,
    touchSaveMs: 60_000,
  });
  const random = fakeRandom();
  const messages = new MemoryMessageStore();
  const outbox = new Outbox({ messages, contacts, events, clock, random, expireDays: 30 });
  const invitations = new Invitations({ store: memoryInvitationStore(), clock, random });
  const store = new MemoryIdentityStore({ seed: random.bytes(SEED_BYTES), former: undefined });
  const identities = new OwnIdentities({ store, dh: tweetnaclDh, random, clock });
  const { handshakes } = buildEncryption({
    ...{ contacts, requests, messages, outbox, invitations, events, clock, random, own },
    keys: { identities, dh: tweetnaclDh },
    sessions: new MemorySessionStore(),
    nick: () => 'test',
    presence: { isOnline: () => true },
    shownTo: () => ({ status: 'online', showsLastSeen: true }),
    sharesReading: () => true,
    honoursDeletion: () => true,
    deletionStore: new MemoryDeletionStore(),
    onDefect: (error) => {
      throw error;
    },
  });
  return { handshakes, contacts };
}

/** Whether a handshake was taken in. */
async function isTaken(handshakes: Handshakes, incoming: IncomingHandshake): Promise<boolean> {
  return (await handshakes.receive(incoming)).status === 1;
}

const handshake = {
  key: 'k',
  nick: '',
  sourceHost: '203.0.113.7',
  isProven: false,
  e2e: undefined,
  hop: undefined,
};

test('nobody asks us in our own name', async (t) => {
  const { handshakes, contacts } = createHandshakes();

  t.false(await isTaken(handshakes, { ...handshake, from: OWN }));
  t.deepEqual(contacts.requests(), []);
});

test('a base daemon on our own host, which names no port, can ask; the owner says where it is', async (t) => {
  const { handshakes, contacts } = createHandshakes();

  t.true(await isTaken(handshakes, { ...handshake, from: undefined }));
  t.is(contacts.requests()[0]?.address, OWN);

  const contact = await contacts.accept(OWN, parseAddress('203.0.113.7:5000'));
  t.is(String(contact.address), '203.0.113.7:5000');
  t.deepEqual(contacts.requests(), []);
});

/** A handshake of a stranger that says truly where it is. */
function from(host: string, port = 5000) {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return { ...handshake, sourceHost: host, from: parseAddress(`${bracketed}:${port}`) };
}

test('four handshakes wait for one host or one /64, a fifth finds no room, a repeated one does', async (t) => {
  const { handshakes, contacts } = createHandshakes();
  const answers: boolean[] = [];
  for (let port = 5001; port <= 5005; port++) {
    answers.push(await isTaken(handshakes, from('198.51.100.1', port)));
    answers.push(await isTaken(handshakes, from(`2a00:1450:1:2::${port - 5000}`)));
  }

  t.deepEqual(answers, [...Array<boolean>(8).fill(true), false, false]);
  t.true(await isTaken(handshakes, from('198.51.100.1', 5001)));
  t.true(await isTaken(handshakes, from('198.51.100.2')));
  t.is(contacts.requests().length, 9);
});

test('a hundred handshakes wait in all; a dismissed one gives up its place', async (t) => {
  const { handshakes, contacts } = createHandshakes();
  for (let i = 0; i < PARKED_MAX; i++) {
    t.true(await isTaken(handshakes, from(`200:${i.toString(16)}::1`)));
  }

  t.false(await isTaken(handshakes, from('200:ffff::1')));
  const [first] = contacts.requests();
  await contacts.dismiss(first?.address ?? OWN);
  t.true(await isTaken(handshakes, from('200:ffff::1')));
  t.is(contacts.requests().length, PARKED_MAX);
});
