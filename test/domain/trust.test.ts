import test from 'ava';
import { ContactLinks } from '../../daemon/domain/contact-links.ts';
import { ContactRequests } from '../../daemon/domain/contact-requests.ts';
import { Contacts } from '../../daemon/domain/contacts.ts';
import { DomainError, type DomainErrorCode } from '../../daemon/domain/errors.ts';
import { DomainEvents, type EventMap } from '../../daemon/domain/events.ts';
import { Invitations } from '../../daemon/domain/invitations.ts';
import type { Candidate, ClaimedIdentity, Contact } from '../../daemon/domain/model.ts';
import { Trust } from '../../daemon/domain/trust.ts';
import { safetyNumber } from '../../daemon/crypto/safety-number.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import { parseContactLink } from '../../daemon/wire/contact-link.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import {
  memoryContactStore,
  MemoryDocument,
  MemoryMessageStore,
  memoryRequestStore,
} from '../helpers/memory-stores.ts';
import { claimOf, describePerson, personNamed } from '../helpers/persons.ts';

const OWN = parseAddress('198.51.100.1');
const BOB_AT = parseAddress('203.0.113.7');
const EVE_AT = parseAddress('[2001:db9::9]:5000');
const ALICE = personNamed('alice');
const BOB = personNamed('bob');
const MALLORY = personNamed('mallory');
const FORGED: ClaimedIdentity = { ...claimOf(BOB), bind: claimOf(MALLORY).bind };

const BOB_PINNED = {
  state: 'established',
  key: 'old key',
  isHandshakeDue: false,
  encryption: 'dr1',
  identity: { id: claimOf(BOB).id, dh: claimOf(BOB).dh },
  isKnownToPeer: true,
  refusedPlain: 3,
} as const satisfies Partial<Contact>;
const BOB_PLAIN = {
  state: 'established',
  key: 'old key',
  isHandshakeDue: false,
  encryption: 'plain',
} as const satisfies Partial<Contact>;

type Happened = readonly [name: keyof EventMap, fingerprintAtThatTime: string | undefined];

/** The owner's decisions, on a machine of Alice's whose address is `OWN`. */
function createTrust() {
  const events = new DomainEvents();
  const clock = new FakeClock();
  const random = fakeRandom();
  const own = {
    isOwn: (address: Address) => address === OWN,
    isLoopbackAllowed: false,
    toldTo: () => OWN,
  };
  const owner = {
    identity: describePerson(ALICE),
    fingerprintFor: () => describePerson(ALICE).fingerprint,
    address: OWN,
  };
  const requests = new ContactRequests({ store: memoryRequestStore(), events });
  const messages = new MemoryMessageStore();
  const store = memoryContactStore();
  const touchSaveMs = 60_000;
  const contacts = new Contacts({
    store,
    requests,
    messages,
    events,
    clock,
    random,
    own,
    touchSaveMs,
  });
  const invitations = new Invitations({ store: new MemoryDocument([]), clock, random });
  const trust = new Trust({ contacts, events, owner });
  const links = new ContactLinks({ contacts, trust, invitations, events, owner });
  const happened: Happened[] = [];
  for (const name of ['identityReplaced', 'attemptDue'] as const) {
    events.on(name, ({ contact }) => happened.push([name, contact.identity?.id]));
  }
  /** Bob in the address book, as `fields` say. */
  const befriend = async (fields: Partial<Contact>): Promise<Contact> => {
    const { contact } = await contacts.add({ address: BOB_AT, nick: 'Bob' });
    const befriended = await contacts.update(contact, fields);
    happened.length = 0;
    return befriended;
  };
  const ask = (identity: ClaimedIdentity | undefined) =>
    requests.park({ address: EVE_AT, nick: 'Eve', key: 'k', identity, at: clock.nowMs() });
  return { contacts, trust, links, invitations, clock, happened, befriend, ask };
}

function candidate(identity: ClaimedIdentity | undefined): Candidate {
  return { key: 'new key', identity, at: 0 };
}

function says(code: DomainErrorCode, message: RegExp) {
  return { instanceOf: DomainError, code, message };
}

const { fingerprint: bobsFingerprint } = describePerson(BOB);
const { fingerprint: mallorysFingerprint } = describePerson(MALLORY);

test('the safety number is that of both fingerprints, and of a candidate’s when asked', async (t) => {
  const { trust, befriend } = createTrust();
  await befriend({ ...BOB_PINNED, candidate: candidate(claimOf(MALLORY)) });

  const ofBob = trust.safetyNumber(BOB_AT);
  const ofMallory = trust.safetyNumber(BOB_AT, 'candidate');

  t.deepEqual(ofBob, {
    groups: safetyNumber(BOB.fingerprint, ALICE.fingerprint),
    own: describePerson(ALICE).fingerprint,
    peer: bobsFingerprint,
  });
  t.deepEqual(ofMallory.groups, safetyNumber(MALLORY.fingerprint, ALICE.fingerprint));
  t.is(trust.safetyNumber(BOB_AT).groups, ofBob.groups, 'it is slow, and kept');
});

test('without an identity there is nothing to compare', async (t) => {
  const { trust, contacts, befriend } = createTrust();
  const bob = await befriend(BOB_PLAIN);

  t.throws(() => trust.safetyNumber(BOB_AT), says('forbidden', /Bob.*not end-to-end encrypted/));
  t.throws(() => trust.safetyNumber(BOB_AT, 'candidate'), says('forbidden', /nobody/));
  t.throws(() => trust.safetyNumber(EVE_AT), says('not_found', /not in your address book/));
  await t.throwsAsync(trust.verify(BOB_AT), says('forbidden', /nothing to compare/));
  await contacts.update(bob, { encryption: 'undecided' });
  await t.throwsAsync(trust.verify(BOB_AT), says('forbidden', /has not shown an identity yet/));
});

test('an identity is verified and unverified; another fingerprint is a warning', async (t) => {
  const { trust, contacts, befriend } = createTrust();
  await befriend({ ...BOB_PINNED, trust: 'invited' });

  await t.throwsAsync(
    trust.verify(BOB_AT, mallorysFingerprint),
    says('identity_changed', /not the fingerprint of Bob/),
  );
  t.is(contacts.get(BOB_AT)?.trust, 'invited');
  t.is((await trust.unverify(BOB_AT)).trust, 'invited');
  t.is((await trust.verify(BOB_AT, bobsFingerprint)).trust, 'verified');
  t.is((await trust.unverify(BOB_AT)).trust, 'tofu');
  t.is((await trust.verify(BOB_AT)).trust, 'verified');
});

test('E4: accepting another identity replaces the former one, and its sessions end at once', async (t) => {
  const { trust, befriend, happened } = createTrust();
  await befriend({ ...BOB_PINNED, trust: 'invited', candidate: candidate(claimOf(MALLORY)) });

  const accepting = trust.accept(BOB_AT, { fingerprint: mallorysFingerprint });
  t.deepEqual(happened, [['identityReplaced', claimOf(MALLORY).id]], 'before it is on the disk');
  const accepted = await accepting;

  t.like(accepted, {
    encryption: 'dr1',
    identity: { id: claimOf(MALLORY).id, dh: claimOf(MALLORY).dh },
    trust: 'tofu',
    key: 'new key',
    candidate: undefined,
    isKnownToPeer: false,
    isHandshakeDue: true,
  });
  t.false('bind' in (accepted.identity ?? {}));
  t.deepEqual(
    happened.map(([name]) => name),
    ['identityReplaced', 'attemptDue'],
  );
});

test('E4: a verified identity is given up only when the owner says so twice', async (t) => {
  const { trust, contacts, befriend } = createTrust();
  const bob = { ...BOB_PINNED, trust: 'verified', candidate: candidate(claimOf(MALLORY)) } as const;
  await befriend(bob);

  await t.throwsAsync(trust.accept(BOB_AT), says('identity_changed', /takes a confirmation/));
  t.like(contacts.get(BOB_AT), bob);

  t.is((await trust.accept(BOB_AT, { isConfirmed: true })).trust, 'tofu');
});

test('E4: nobody but the one whom the owner saw is accepted', async (t) => {
  const { trust, contacts, befriend, ask } = createTrust();
  await befriend({ ...BOB_PINNED, candidate: candidate(claimOf(MALLORY)) });
  await ask(claimOf(MALLORY));
  const acceptance = { fingerprint: bobsFingerprint, isConfirmed: true };

  for (const address of [BOB_AT, EVE_AT]) {
    await t.throwsAsync(
      trust.accept(address, acceptance),
      says('identity_changed', /somebody else waits/),
    );
  }
  t.is(contacts.get(BOB_AT)?.identity?.id, claimOf(BOB).id);
  t.is(contacts.get(EVE_AT), undefined);
});

test('a forged identity is not accepted, as a candidate or in a request', async (t) => {
  const { trust, contacts, befriend, ask } = createTrust();
  await befriend({ ...BOB_PLAIN, candidate: candidate(FORGED) });
  await ask(FORGED);

  await t.throwsAsync(trust.accept(BOB_AT), says('forbidden', /forged/));
  await t.throwsAsync(trust.accept(EVE_AT), says('forbidden', /forged/));
  await t.throwsAsync(contacts.add({ address: EVE_AT }), says('forbidden', /forged/));
  t.is(contacts.get(BOB_AT)?.identity, undefined);
  t.is(contacts.get(EVE_AT), undefined);
});

test('E5: whoever comes without encryption in the place of an encrypted contact needs two words', async (t) => {
  const { trust, befriend, happened } = createTrust();
  await befriend({ ...BOB_PINNED, candidate: candidate(undefined) });

  await t.throwsAsync(
    trust.accept(BOB_AT),
    says('identity_changed', /Bob came without encryption/),
  );
  t.deepEqual(happened, []);

  t.like(await trust.accept(BOB_AT, { isConfirmed: true }), {
    encryption: 'plain',
    identity: undefined,
    key: 'new key',
    candidate: undefined,
    isHandshakeDue: true,
  });
  t.deepEqual(happened, [
    ['identityReplaced', undefined],
    ['attemptDue', undefined],
  ]);
});

test('E5: whoever comes without encryption instead of whom a link names needs two words', async (t) => {
  const { trust, contacts, links, befriend } = createTrust();
  const { number } = await befriend({});
  await links.add(BOBS_LINK, {});
  const bob = contacts.byNumber(number);
  if (bob !== undefined) await contacts.update(bob, { candidate: candidate(undefined) });

  await t.throwsAsync(trust.accept(BOB_AT), says('identity_changed', /without encryption/));

  t.like(await trust.accept(BOB_AT, { isConfirmed: true }), {
    state: 'established',
    encryption: 'plain',
    expected: undefined,
    key: 'new key',
  });
});

test('nobody is accepted where nobody waits', async (t) => {
  const { trust, befriend } = createTrust();
  await befriend(BOB_PINNED);

  for (const address of [BOB_AT, EVE_AT]) {
    await t.throwsAsync(
      trust.accept(address, { fingerprint: bobsFingerprint }),
      says('not_found', /has not asked/),
    );
  }
});

test('a plain contact’s new access key is accepted with one word', async (t) => {
  const { trust, befriend, happened } = createTrust();
  await befriend({ ...BOB_PLAIN, candidate: candidate(undefined) });

  const accepted = await trust.accept(BOB_AT);

  t.like(accepted, { key: 'new key', candidate: undefined, encryption: 'plain' });
  t.deepEqual(happened, [['attemptDue', undefined]]);
});

test('a dismissed candidate changes nothing, and what was held back may leave', async (t) => {
  const { trust, contacts, befriend, happened } = createTrust();
  await befriend({ ...BOB_PINNED, candidate: candidate(claimOf(MALLORY)) });

  await trust.dismiss(BOB_AT);

  t.like(contacts.get(BOB_AT), { ...BOB_PINNED, candidate: undefined });
  t.deepEqual(happened, [['attemptDue', claimOf(BOB).id]]);
  await t.throwsAsync(trust.dismiss(BOB_AT), says('not_found', /has not asked/));
});

test('E5: going back to plain is the owner’s word, and forgets the identity', async (t) => {
  const { trust, befriend, happened } = createTrust();
  await befriend({ ...BOB_PINNED, trust: 'verified', candidate: candidate(claimOf(MALLORY)) });

  const plain = await trust.toPlain(BOB_AT);
  await trust.toPlain(BOB_AT);

  t.like(plain, {
    encryption: 'plain',
    identity: undefined,
    expected: undefined,
    candidate: undefined,
    trust: 'tofu',
    isKnownToPeer: false,
    refusedPlain: 0,
    key: 'old key',
  });
  t.deepEqual(
    happened.map(([name]) => name),
    ['identityReplaced', 'attemptDue'],
  );
});

test('an accepted request makes us expect whom it says, or decides for plain', async (t) => {
  const encrypted = createTrust();
  await encrypted.ask(claimOf(BOB));
  const plain = createTrust();
  await plain.ask(undefined);

  t.like(await encrypted.trust.accept(EVE_AT, { fingerprint: bobsFingerprint }), {
    state: 'established',
    encryption: 'undecided',
    identity: undefined,
    expected: { fingerprint: bobsFingerprint, source: 'request', invitation: undefined },
  });
  t.like(await plain.trust.accept(EVE_AT), { encryption: 'plain', expected: undefined });
});

test('a request is accepted under the address where we asked already', async (t) => {
  const { trust, contacts, befriend, ask } = createTrust();
  await befriend({});
  await ask(claimOf(BOB));

  const accepted = await trust.accept(EVE_AT, { as: BOB_AT });

  t.like(accepted, { address: BOB_AT, state: 'established', key: 'k', encryption: 'undecided' });
  t.is(accepted.nick, 'Bob');
  t.deepEqual(contacts.requests(), []);
});

test('whom we know by a link is not replaced by a request that says otherwise', async (t) => {
  const { trust, contacts, links, ask } = createTrust();
  const link = { address: BOB_AT, fingerprint: bobsFingerprint, invitation: undefined };
  await links.add(link, {});

  for (const identity of [claimOf(MALLORY), undefined]) {
    await ask(identity);
    await t.throwsAsync(
      trust.accept(EVE_AT, { as: BOB_AT }),
      says('identity_changed', /not whom your contact link names/),
    );
  }
  t.is(contacts.get(BOB_AT)?.state, 'requested');
});

test('a link that we give away leads to us and is good for seven days', async (t) => {
  const { links, invitations, clock } = createTrust();

  const { link, expiresAt } = await links.issue();

  const { address, fingerprint, invitation } = parseContactLink(link);
  t.deepEqual([address, fingerprint], [OWN, describePerson(ALICE).fingerprint]);
  t.is(expiresAt, clock.nowMs() + 7 * 86_400_000);
  t.true(await invitations.redeem(invitation ?? ''));
  t.is(parseContactLink(links.own()).invitation, undefined);
});

const BOBS_LINK = {
  address: BOB_AT,
  fingerprint: bobsFingerprint,
  invitation: 'AAAAAAAAAAAAAAAAAAAAAA',
} as const;
const BY_LINK = {
  fingerprint: BOBS_LINK.fingerprint,
  source: 'link',
  invitation: BOBS_LINK.invitation,
} as const;

test('a link adds a contact and says whom we expect', async (t) => {
  const { links } = createTrust();

  const { contact, isNew } = await links.add(BOBS_LINK, { nick: 'Bob', canResend: true });

  t.true(isNew);
  t.like(contact, { state: 'requested', encryption: 'undecided', nick: 'Bob', canResend: true });
  t.deepEqual(contact.expected, BY_LINK);
});

test('our own link is our own address, wherever it says that we are', async (t) => {
  const { links } = createTrust();
  const own = parseContactLink(links.own());

  for (const address of [OWN, BOB_AT]) {
    await t.throwsAsync(
      links.add({ ...own, address }, {}),
      says('bad_address', /your own address/),
    );
  }
});

test('a link for an encrypted contact raises trust, and lowers none', async (t) => {
  for (const [before, after] of [
    ['tofu', 'invited'],
    ['invited', 'invited'],
    ['verified', 'verified'],
  ] as const) {
    const { links, befriend } = createTrust();
    await befriend({ ...BOB_PINNED, trust: before });

    const { contact, isNew } = await links.add(BOBS_LINK, {});

    t.false(isNew);
    t.like(contact, { ...BOB_PINNED, trust: after });
    t.deepEqual(contact.expected, BY_LINK, 'its token is shown to Bob');
  }
});

test('a link that names somebody else than the contact there changes nothing', async (t) => {
  const { links, contacts, befriend } = createTrust();
  await befriend(BOB_PINNED);

  await t.throwsAsync(
    links.add({ ...BOBS_LINK, fingerprint: mallorysFingerprint }, { nick: 'M' }),
    says('identity_changed', /names somebody else than Bob/),
  );
  t.like(contacts.get(BOB_AT), { ...BOB_PINNED, nick: 'Bob' });
});

test('a link for a contact without an identity asks it again, and nothing leaves before', async (t) => {
  for (const former of [{}, BOB_PLAIN, { ...BOB_PLAIN, candidate: candidate(claimOf(MALLORY)) }]) {
    const { links, befriend, happened } = createTrust();
    await befriend(former);

    const { contact, isNew } = await links.add(BOBS_LINK, {});

    t.false(isNew);
    t.deepEqual(contact.expected, BY_LINK);
    t.like(contact, { encryption: 'undecided', candidate: undefined, isHandshakeDue: true });
    t.deepEqual(happened, [['attemptDue', undefined]]);
  }
});

test('a link for who waits in a plain contact’s place accepts it', async (t) => {
  const { links, befriend } = createTrust();
  await befriend({ ...BOB_PLAIN, candidate: candidate(claimOf(BOB)) });

  const { contact } = await links.add(BOBS_LINK, {});

  t.like(contact, { trust: 'invited', encryption: 'dr1', key: 'new key', candidate: undefined });
});

test('a link to a parked request accepts whom it names', async (t) => {
  const { links, ask } = createTrust();
  await ask(claimOf(BOB));

  const { contact } = await links.add({ ...BOBS_LINK, address: EVE_AT }, {});

  t.like(contact, { state: 'established', key: 'k', encryption: 'undecided' });
  t.deepEqual(contact.expected, BY_LINK);
});

test('who asked in the place of whom a link names keeps nobody from being asked', async (t) => {
  for (const identity of [claimOf(MALLORY), undefined]) {
    const { links, contacts, ask } = createTrust();
    await ask(identity);

    const { contact, isNew } = await links.add({ ...BOBS_LINK, address: EVE_AT }, {});

    t.true(isNew);
    t.like(contact, { state: 'requested', key: undefined, isHandshakeDue: true });
    t.deepEqual(contact.expected, BY_LINK);
    t.deepEqual(contacts.requests(), []);
  }
});
