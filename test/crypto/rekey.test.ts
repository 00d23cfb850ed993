import test from 'ava';
import fc from 'fast-check';
import { publicIdentity } from '../../daemon/crypto/identity.ts';
import {
  signRekey,
  verifyRekey,
  type RekeyEnds,
  type RekeyNotice,
} from '../../daemon/crypto/rekey.ts';
import { sign } from '../../daemon/crypto/signature.ts';
import { alice, bob, IS_LONG, mallory } from './pair.ts';

/** Alice becomes Mallory, and Bob hears of it. */
const ENDS: RekeyEnds = { former: alice, recipient: bob.fingerprint };
const notice = signRekey(alice, mallory, bob.fingerprint);

test('another identity is known by the signatures of both', (t) => {
  const next = verifyRekey(notice, ENDS);

  t.deepEqual(next, publicIdentity(mallory.id, mallory.dh));
});

test('any changed bit is refused', (t) => {
  const names = ['id', 'dh', 'bind', 'byFormer', 'byNext'] as const;
  const places = names.flatMap((name) =>
    [...notice[name].keys()].map((index) => [name, index] as const),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.integer({ min: 0, max: 7 }),
      ([name, index], bit) => {
        const bytes = Uint8Array.from(notice[name]);
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);

        return verifyRekey({ ...notice, [name]: bytes }, ENDS) === undefined;
      },
    ),
    { numRuns: IS_LONG ? 10_000 : 400 },
  );
  t.pass();
});

test('for somebody else, or of somebody else, it is nothing', (t) => {
  t.is(verifyRekey(notice, { ...ENDS, recipient: mallory.fingerprint }), undefined);
  t.is(verifyRekey(notice, { ...ENDS, recipient: alice.fingerprint }), undefined);
  t.is(verifyRekey(notice, { ...ENDS, former: bob }), undefined);
  t.is(verifyRekey(notice, { ...ENDS, former: mallory }), undefined);
});

test('one signature does not stand for the other, and both keys are needed', (t) => {
  const swapped = { ...notice, byFormer: notice.byNext, byNext: notice.byFormer };
  const back = signRekey(mallory, alice, bob.fingerprint);
  const forgeries: readonly RekeyNotice[] = [
    swapped,
    { ...notice, byNext: notice.byFormer },
    { ...notice, byFormer: notice.byNext },
    { ...notice, byNext: back.byFormer },
    { ...back, id: notice.id, dh: notice.dh, bind: notice.bind },
    // The box key of somebody else.
    { ...notice, dh: bob.dh },
    { ...notice, dh: bob.dh, bind: bob.bind },
    // A signature over other words.
    { ...notice, byFormer: sign(alice.sign, 'vestnik1 bind', mallory.dh) },
  ];

  for (const forged of forgeries) t.is(verifyRekey(forged, ENDS), undefined);
});

test('nobody takes his own place', (t) => {
  t.is(verifyRekey(signRekey(alice, alice, bob.fingerprint), ENDS), undefined);
});

test('a signature has one form alone', (t) => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const malleable = (signature: Uint8Array): Uint8Array => {
    const scalar =
      BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) + order;
    const text = scalar.toString(16).padStart(64, '0');
    return Uint8Array.from([...signature.slice(0, 32), ...Buffer.from(text, 'hex').reverse()]);
  };

  t.is(verifyRekey({ ...notice, byFormer: malleable(notice.byFormer) }, ENDS), undefined);
  t.is(verifyRekey({ ...notice, byNext: malleable(notice.byNext) }, ENDS), undefined);
});
