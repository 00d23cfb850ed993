import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { openBox, sealBox } from '../../daemon/crypto/box.ts';
import { PADDED_SIZES } from '../../daemon/crypto/padding.ts';
import { ABSORB, MAC_BLOCK_BYTES, Poly1305 } from '../../daemon/crypto/poly1305.ts';
import { instantiate } from '../../daemon/crypto/wasm.ts';
import { oneBitChanges } from './pair.ts';
import { countedBytes, fromHex, toHex } from './vectors.ts';

/** Bytes of a size, often all ones or all zeros, which carries run through. */
function bytes(length: number): fc.Arbitrary<Uint8Array> {
  const any = fc.uint8Array({ minLength: length, maxLength: length });
  const even = fc.constantFrom(0, 0xff).map((byte) => new Uint8Array(length).fill(byte));
  return fc.oneof({ weight: 3, arbitrary: any }, even);
}

const blocks = fc.nat(70).chain((count) => bytes(count * MAC_BLOCK_BYTES));

function seal(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Uint8Array {
  const write = (place: Uint8Array): void => place.set(text);
  return sealBox(key, nonce, text.length, write, (sealed) => sealed.slice());
}

function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return openBox(key, nonce, sealed, (text) => text.slice());
}

const code = instantiate([ABSORB], 65_536);
const poly = new Poly1305(code, 0);

function tagOf(key: Uint8Array, text: Uint8Array): string | undefined {
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  poly.start(Int32Array.from({ length: 8 }, (_, i) => words.getInt32(4 * i, true)));
  new Uint8Array(code.memory.buffer).set(text, Poly1305.MEMORY_BYTES);
  poly.absorb(Poly1305.MEMORY_BYTES, Poly1305.MEMORY_BYTES + text.length);
  poly.finish();
  const tag = new DataView(new ArrayBuffer(16));
  for (const [i, word] of poly.tag.entries()) tag.setInt32(4 * i, word, true);
  return toHex(new Uint8Array(tag.buffer));
}

test('a box is what tweetnacl makes of it', (t) => {
  const isSame = fc.property(bytes(32), bytes(24), blocks, (key, nonce, text) => {
    const sealed = seal(key, nonce, text);

    t.deepEqual(sealed, nacl.secretbox(text, nonce, key));
    t.deepEqual(open(key, nonce, sealed), text);
  });

  fc.assert(isSame, { numRuns: 1000 });
});

test('texts of every padded size come back', (t) => {
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)];
  for (const size of PADDED_SIZES) {
    const text = countedBytes(`text of ${size}`)(size);

    const sealed = seal(key, nonce, text);

    t.deepEqual(sealed, nacl.secretbox(text, nonce, key));
    t.deepEqual(open(key, nonce, sealed), text);
  }
});

test('a text may be larger than there is room for', (t) => {
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)];
  for (const size of [523_728, 523_744, 523_760, 1_100_000]) {
    const text = countedBytes('large')(size);

    const sealed = seal(key, nonce, text);

    t.true(Buffer.from(sealed).equals(nacl.secretbox(text, nonce, key)));
    t.true(Buffer.from(open(key, nonce, sealed) ?? []).equals(text));
  }
});

test('without WebAssembly a box is the same', async (t) => {
  const box = new URL('../../daemon/crypto/box.js', import.meta.url).href;
  const program = `
    const { openBox, sealBox } = await import(${JSON.stringify(box)});
    const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)];
    const sealed = sealBox(key, nonce, 320, (text) => text.fill(3), (bytes) => bytes.slice());
    const isOpened = openBox(key, nonce, sealed, (text) => text.every((byte) => byte === 3));
    console.log(typeof WebAssembly, isOpened, Buffer.from(sealed).toString('hex'));`;

  // V8 without a compiler has none.
  const words = ['--jitless', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, words);

  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)];
  const expected = toHex(nacl.secretbox(new Uint8Array(320).fill(3), nonce, key));
  t.is(stdout.trim(), `undefined true ${expected}`);
});

test('whatever bit of a box, its key or its nonce is changed, it is not opened', (t) => {
  const [key, nonce] = [new Uint8Array(32).fill(3), new Uint8Array(24).fill(4)];
  const sealed = seal(key, nonce, new Uint8Array(64).fill(5));

  for (const changed of oneBitChanges(sealed)) t.is(open(key, nonce, changed), undefined);
  for (const changed of oneBitChanges(key)) t.is(open(changed, nonce, sealed), undefined);
  for (const changed of oneBitChanges(nonce)) t.is(open(key, changed, sealed), undefined);
});

test('a box of any size is judged as tweetnacl judges it', (t) => {
  const [key, nonce] = [new Uint8Array(32).fill(6), new Uint8Array(24).fill(7)];
  for (let size = 0; size <= 40; size++) {
    const sealed = nacl.secretbox(new Uint8Array(size).fill(8), nonce, key);

    t.deepEqual(open(key, nonce, sealed), new Uint8Array(size).fill(8));
    t.is(open(key, nonce, sealed.subarray(1)), undefined);
    t.is(open(key, nonce, sealed.subarray(0, -1)), undefined);
  }
  for (let size = 0; size < 16; size++) t.is(open(key, nonce, new Uint8Array(size)), undefined);
});

test('nothing of a text is left where the next one is written', (t) => {
  const [key, nonce] = [new Uint8Array(32).fill(9), new Uint8Array(24).fill(10)];
  seal(key, nonce, new Uint8Array(256).fill(0xff));
  const left: number[] = [];

  sealBox(
    key,
    nonce,
    256,
    (place) => left.push(...place),
    () => undefined,
  );

  t.true(left.every((byte) => byte === 0));
});

/** RFC 8439, appendix A.3, numbers 4 and 7 to 11: sums that are just at or beyond 2^130 - 5. */
const TAGS: readonly (readonly [name: string, key: string, text: string, tag: string])[] = [
  [
    'what r times 2 makes of all ones',
    `02${'00'.repeat(31)}`,
    'ff'.repeat(16),
    `03${'00'.repeat(15)}`,
  ],
  [
    's added without what is beyond 2^128',
    `02${'00'.repeat(15)}${'ff'.repeat(16)}`,
    `02${'00'.repeat(15)}`,
    `03${'00'.repeat(15)}`,
  ],
  [
    'a carry through all limbs',
    `01${'00'.repeat(31)}`,
    `${'ff'.repeat(16)}f0${'ff'.repeat(15)}11${'00'.repeat(15)}`,
    `05${'00'.repeat(15)}`,
  ],
  [
    'a sum of exactly 2^130 - 5',
    `01${'00'.repeat(31)}`,
    `${'ff'.repeat(16)}fb${'fe'.repeat(15)}${'01'.repeat(16)}`,
    '00'.repeat(16),
  ],
  ['one less', `02${'00'.repeat(31)}`, `fd${'ff'.repeat(15)}`, `fa${'ff'.repeat(15)}`],
];

for (const [name, key, text, tag] of TAGS) {
  test(`Poly1305 of RFC 8439: ${name}`, (t) => {
    t.is(tagOf(fromHex(key), fromHex(text)), tag);
  });
}

type OneTimeAuth = (
  ...args: readonly [
    output: Uint8Array,
    offset: number,
    text: Uint8Array,
    start: number,
    size: number,
    key: Uint8Array,
  ]
) => number;
const { crypto_onetimeauth: referenceTag } = (
  nacl as unknown as Readonly<{ lowlevel: Readonly<{ crypto_onetimeauth: OneTimeAuth }> }>
).lowlevel;

test('Poly1305 is what tweetnacl makes of it, also under keys that no cipher would give', (t) => {
  const isSame = fc.property(bytes(32), blocks, (key, text) => {
    const expected = new Uint8Array(16);
    referenceTag(expected, 0, text, 0, text.length, key);

    t.is(tagOf(key, text), toHex(expected));
  });

  fc.assert(isSame, { numRuns: 2000 });
});
