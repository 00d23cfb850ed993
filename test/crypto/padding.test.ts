import test from 'ava';
import { pad, PADDED_SIZES, PLAIN_MAX_BYTES, unpad } from '../../daemon/crypto/padding.ts';

test('a text is padded to the smallest size that is larger', (t) => {
  const sizes = [0, 255, 256, 511, 512, 32_768, 65_000].map(
    (size) => pad(new Uint8Array(size)).length,
  );

  t.deepEqual(sizes, [256, 256, 512, 512, 1024, 65_536, 65_536]);
});

test('every text comes back, also one that looks like padding', (t) => {
  const texts = [
    new Uint8Array(),
    new Uint8Array(255).fill(0x80),
    Uint8Array.of(1, 0x80, 0, 0),
    new Uint8Array(300),
    new Uint8Array(PLAIN_MAX_BYTES).fill(7),
  ];

  for (const text of texts) t.deepEqual(unpad(pad(text)), text);
});

test('a text that is too long is not padded', (t) => {
  t.throws(() => pad(new Uint8Array(PLAIN_MAX_BYTES + 1)), { instanceOf: RangeError });
});

/** Bytes of a size with a few of them set. */
function bytes(size: number, set: Readonly<Record<number, number>> = {}): Uint8Array {
  const all = new Uint8Array(size);
  for (const [index, value] of Object.entries(set)) all[Number(index)] = value;
  return all;
}

test('what is not padded as it should be is refused', (t) => {
  const wrong = {
    'without a mark': bytes(256),
    'without anything': bytes(0),
    'with another mark': bytes(256, { 3: 0x81 }),
    'with something behind the mark': bytes(256, { 3: 0x80, 9: 1 }),
    'of another size': bytes(300, { 290: 0x80 }),
    'one size too large': bytes(512, { 255: 0x80 }),
    'too long a text': bytes(65_536, { [PLAIN_MAX_BYTES + 1]: 0x80 }),
    'larger than all sizes': bytes(131_072, { 65_536: 0x80 }),
  };

  for (const [how, padded] of Object.entries(wrong)) t.is(unpad(padded), undefined, how);
});

test('there are nine sizes', (t) => {
  t.deepEqual(
    PADDED_SIZES,
    Array.from({ length: 9 }, (_, i) => 256 * 2 ** i),
  );
});
