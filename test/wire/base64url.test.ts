import test from 'ava';
import fc from 'fast-check';
import {
  base64urlLength,
  decodeBase64url,
  encodeBase64url,
  tryDecodeBase64url,
  tryDecodeBase64urlCodes,
} from '../../daemon/wire/base64url.ts';
import { WireError } from '../../daemon/wire/check.ts';
import { decodeUtf8, encodeUtf8 } from '../../daemon/wire/utf8.ts';

test('bytes are written as everybody writes them, and come back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encodeBase64url(bytes);
      t.is(text, Buffer.from(bytes).toString('base64url'));
      t.is(text.length, base64urlLength(bytes.length));
      t.deepEqual(decodeBase64url(text), bytes);
    }),
  );
});

test('of all texts of up to three characters, only canonical ones are read', (t) => {
  const digits = ['A', 'B', 'Q', 'g', 'w', 'z', '9', '-', '_', '+', '/', '=', ' ', 'é'];
  const texts = digits.flatMap((a) => [
    a,
    ...digits.flatMap((b) => [a + b, ...digits.map((c) => a + b + c)]),
  ]);

  for (const text of texts) {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.toString('base64url') === text)
      t.deepEqual(decodeBase64url(text), new Uint8Array(bytes));
    else t.throws(() => decodeBase64url(text), { instanceOf: WireError }, text);
  }
});

test('one foreign character anywhere, or a bit too many, and nothing is read', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 1 }),
      (bytes, place, character) => {
        const text = encodeBase64url(bytes);
        const at = place % text.length;
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        const expected = Buffer.from(changed, 'base64url');
        const isCanonical = expected.toString('base64url') === changed;

        t.deepEqual(
          tryDecodeBase64url(changed),
          isCanonical ? new Uint8Array(expected) : undefined,
        );
      },
    ),
  );
});

test('digits are read from the middle of codes', (t) => {
  const codes = encodeUtf8('"AAECAwQ"');

  t.deepEqual(tryDecodeBase64urlCodes(codes, 1, 8), Uint8Array.of(0, 1, 2, 3, 4));
  t.is(tryDecodeBase64urlCodes(codes, 0, 7), undefined);
  t.is(tryDecodeBase64urlCodes(codes, 4, 12), undefined);
});

test('another number of bytes than expected is refused', (t) => {
  t.is(decodeBase64url('AAAA', 3).length, 3);
  t.throws(() => decodeBase64url('AAAA', 4), { message: '3 bytes instead of 4' });
});

test('UTF-8 is written and read as everybody does', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      t.deepEqual(encodeUtf8(text), new TextEncoder().encode(text));
      t.is(decodeUtf8(encodeUtf8(text)), text);
    }),
  );
  t.is(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\uFEFFA');
});

test('what is not UTF-8 is refused', (t) => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {
        // Not UTF-8: so must we say.
      }
      if (expected === undefined) t.throws(() => decodeUtf8(bytes), { instanceOf: WireError });
      else t.is(decodeUtf8(bytes), expected);
    }),
    { numRuns: 1000 },
  );
  t.throws(() => encodeUtf8('\uD800'), { instanceOf: WireError });
});
