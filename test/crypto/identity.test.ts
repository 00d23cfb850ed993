import test from 'ava';
import { tweetnaclDh } from '../../daemon/crypto/dh.ts';
import { isBound, openIdentity, publicIdentity } from '../../daemon/crypto/identity.ts';
import { safetyNumber } from '../../daemon/crypto/safety-number.ts';
import { alice, bob, mallory } from './pair.ts';

test('the same seed is the same person', (t) => {
  const seed = new Uint8Array(32).fill(1);

  t.deepEqual(openIdentity(seed, tweetnaclDh), openIdentity(seed, tweetnaclDh));
  t.throws(() => openIdentity(new Uint8Array(31), tweetnaclDh), { instanceOf: RangeError });
});

test('a box key is bound by the sign key of the same person alone', (t) => {
  t.true(isBound(alice, alice.bind));
  t.false(isBound(alice, bob.bind));
  t.false(isBound(publicIdentity(alice.id, mallory.dh), alice.bind));
  t.false(isBound(publicIdentity(mallory.id, alice.dh), alice.bind));
});

test('another key of either kind is another person', (t) => {
  const { fingerprint } = publicIdentity(alice.id, alice.dh);

  t.deepEqual(fingerprint, alice.fingerprint);
  t.notDeepEqual(publicIdentity(alice.id, mallory.dh).fingerprint, fingerprint);
  t.notDeepEqual(publicIdentity(mallory.id, alice.dh).fingerprint, fingerprint);
});

test('a safety number is twelve groups of five digits, the same for both', (t) => {
  const groups = safetyNumber(alice.fingerprint, bob.fingerprint);

  t.is(groups.length, 12);
  t.true(groups.every((group) => /^\d{5}$/.test(group)));
  t.deepEqual(safetyNumber(bob.fingerprint, alice.fingerprint), groups);
});

test('each person has one half of a safety number', (t) => {
  const withBob = safetyNumber(alice.fingerprint, bob.fingerprint);
  const withMallory = safetyNumber(alice.fingerprint, mallory.fingerprint);
  const shared = withBob.filter((group) => withMallory.includes(group));

  t.is(shared.length, 6);
});
