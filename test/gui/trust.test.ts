import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import type { ApiContact } from '../../daemon/wire/gui-api.ts';
import {
  changeOf,
  isHeld,
  isPlainMessage,
  protectionOf,
  transitText,
  trustMeaning,
  type IdentityChange,
  type Protection,
} from '../../gui/src/text/trust.ts';
import { createWords } from './words.ts';
import { BORIS, FINGERPRINT, iso, NOON, sampleContact, sampleMessage } from './fakes.ts';

type Trust = ApiContact['trust'];

const words = createWords('en');

/** @param candidate Fingerprint of whoever came in its place, `null` for one without encryption. */
function contactWith(trust: Trust, candidate?: string | null): ApiContact {
  const contact = sampleContact({ trust, verified: trust === 'verified' });
  if (candidate === undefined) return contact;
  const other_info = {
    ...contact.other_info,
    candidate: { at: iso(NOON), fingerprint: candidate },
  };
  return { ...contact, other_info };
}

const protection = test.macro({
  exec: (t, trust: Trust, expected: Protection) => {
    t.is(protectionOf(contactWith(trust)), expected);
    t.false(isHeld(contactWith(trust)));
  },
  title: (_, trust: Trust, expected: Protection) =>
    `a contact that is ${trust} has the badge ${expected}`,
});

test(protection, 'verified', 'verified');
test(protection, 'invited', 'encrypted');
test(protection, 'tofu', 'encrypted');
test(protection, 'plain', 'plain');
test(protection, 'undecided', 'undecided');

const change = test.macro({
  exec: (t, trust: Trust, candidate: string | null, expected: IdentityChange) => {
    t.is(changeOf(contactWith(trust, candidate)), expected);
  },
  title: (_, trust: Trust, candidate: string | null, expected: IdentityChange) =>
    `${expected}: in place of one that is ${trust} comes one ${candidate === null ? 'without' : 'with'} an identity`,
});

test(change, 'verified', FINGERPRINT, 'identity');
test(change, 'tofu', FINGERPRINT, 'identity');
test(change, 'invited', null, 'unencrypted');
test(change, 'undecided', null, 'unencrypted');
test(change, 'undecided', FINGERPRINT, 'unexpected');
test(change, 'plain', null, 'key');
test(change, 'plain', FINGERPRINT, 'encrypts');

test('nothing leaves while the identity of an encrypted contact is open (E4)', (t) => {
  t.is(protectionOf(contactWith('verified', FINGERPRINT)), 'changed');
  t.true(isHeld(contactWith('tofu', null)));
  t.is(trustMeaning(contactWith('verified', null)), 'trust.means.changed');
});

test('a plain contact stays marked as plain whoever comes in its place', (t) => {
  t.is(protectionOf(contactWith('plain', FINGERPRINT)), 'plain');
  t.false(isHeld(contactWith('plain', null)));
});

test('what a trust means is told for each, and for a link that was not answered yet', (t) => {
  const { other_info } = sampleContact();
  const expected = { ...other_info, expected_fingerprint: FINGERPRINT };

  t.is(trustMeaning(contactWith('tofu')), 'trust.means.tofu');
  t.is(trustMeaning(contactWith('undecided')), 'trust.means.undecided');
  t.is(
    trustMeaning(sampleContact({ trust: 'undecided', other_info: expected })),
    'trust.means.expected',
  );
});

test('what protects a plain conversation all the same depends on the address', (t) => {
  const at = (address: string) =>
    transitText(sampleContact({ address: parseAddress(address) }), words);

  t.is(at('200:7f3c::2'), 'encrypted in transit by Yggdrasil; relays can read');
  t.is(at(BORIS), 'encrypted in transit by cjdns; relays can read');
  t.is(at('127.0.0.2'), 'stays on this computer');
  t.is(at('203.0.113.7'), 'anybody on the way can read');
  t.is(at('192.168.1.2'), 'anybody on the way can read');
});

test('a message is plain if it went or came so, or waits for one who does not encrypt', (t) => {
  const incoming = sampleMessage(1);
  const waiting = sampleMessage(2, { direction: 'out', state: 'queued' });
  const gone = sampleMessage(3, { direction: 'out', state: 'delivered' });

  t.true(isPlainMessage(incoming, false));
  t.false(isPlainMessage({ ...incoming, enctype: 'dr1' }, true));
  t.true(isPlainMessage(gone, false));
  t.false(isPlainMessage(waiting, false));
  t.true(isPlainMessage(waiting, true));
  t.false(isPlainMessage({ ...waiting, state: 'failed' }, false));
});
