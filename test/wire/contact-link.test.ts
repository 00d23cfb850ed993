import test from 'ava';
import fc from 'fast-check';
import { formatAddress, parseAddress, type Address } from '../../daemon/wire/address.ts';
import { encodeBase64url } from '../../daemon/wire/base64url.ts';
import { WireError, type WireErrorCode } from '../../daemon/wire/check.ts';
import {
  CONTACT_LINK_MAX_LENGTH,
  formatContactLink,
  isContactLink,
  parseContactLink,
} from '../../daemon/wire/contact-link.ts';

const FINGERPRINT = encodeBase64url(Uint8Array.from({ length: 32 }, (_, index) => index));
const TOKEN = encodeBase64url(Uint8Array.from({ length: 16 }, (_, index) => 255 - index));
const LINK = `vestnik://[200:7f3c::2]:4884/${FINGERPRINT}/${TOKEN}`;

function bytes(length: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map(encodeBase64url);
}

const port = fc.integer({ min: 1, max: 65_535 });
const anyAddress: fc.Arbitrary<Address> = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), port)
  .map(([host, number]) =>
    parseAddress(host.includes(':') ? `[${host}]:${number}` : `${host}:${number}`),
  );
const anyLink = fc.record({
  address: anyAddress,
  fingerprint: bytes(32),
  invitation: fc.option(bytes(16), { nil: undefined }),
});

test('a link reads as it was written, and fits where links are taken', (t) => {
  fc.assert(
    fc.property(anyLink, (link) => {
      const text = formatContactLink(link);

      t.true(isContactLink(text) && text.length <= CONTACT_LINK_MAX_LENGTH);
      t.deepEqual(parseContactLink(text), link);
    }),
  );
});

test('every spelling of an address leads to the same link', (t) => {
  const spelling = fc.constantFrom(
    (host: string, number: number) => `[${host}]:${number}`,
    (host: string, number: number) => `[${host.toUpperCase()}]:0${number}`,
    (host: string, number: number) => ` [${host}] :${number}\n`,
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 1, max: 9999 }), spelling, (host, number, spell) => {
      const text = `VESTNIK://${spell(host, number)}/${FINGERPRINT}`;

      const { address } = parseContactLink(text);

      t.is(address, parseAddress(`[${host}]:${number}`));
    }),
  );
});

test('the port is always there, so that a link means the same wherever it is read', (t) => {
  const link = { fingerprint: FINGERPRINT, invitation: undefined };
  const format = (host: string, number: number): string =>
    formatContactLink({ ...link, address: formatAddress({ host, port: number }) });

  t.is(format('203.0.113.7', 4884), `vestnik://203.0.113.7:4884/${FINGERPRINT}`);
  t.is(format('200:7f3c::2', 5000), `vestnik://[200:7f3c::2]:5000/${FINGERPRINT}`);
});

test('a link that a mail program broke into lines is whole again', (t) => {
  const broken = `  ${LINK.slice(0, 30)}\r\n ${LINK.slice(30)}\n`;

  t.true(isContactLink(broken));
  t.deepEqual(parseContactLink(broken), parseContactLink(LINK));
});

test('without anything behind the address it is an address, not a link', (t) => {
  for (const address of [
    '200:7f3c::2',
    'vestnik://[200:7f3c::2]',
    'vestnik://[200:7f3c::2]:4884/',
  ]) {
    t.false(isContactLink(address), address);
    t.is(String(parseAddress(address)), '200:7f3c::2');
  }
  t.true(isContactLink(LINK));
});

const refused = test.macro({
  exec(t, text: string, code: WireErrorCode, message: RegExp) {
    const error = t.throws(() => parseContactLink(text), { instanceOf: WireError, message });
    t.is(error.code, code);
  },
  title: (name = '') => `${name} is refused`,
});

const MISTYPED = /cut off or mistyped/;
test('no link at all', refused, '203.0.113.7', 'bad_request', /no contact link/);
test('a link of something else', refused, LINK.replace('vestnik', 'https'), 'bad_request', /no/);
test('a short fingerprint', refused, LINK.slice(0, 60), 'bad_request', MISTYPED);
test('a short token', refused, LINK.slice(0, -1), 'bad_request', MISTYPED);
test('a long token', refused, `${LINK}AA`, 'bad_request', MISTYPED);
test('a token with bits left over', refused, `${LINK.slice(0, -1)}B`, 'bad_request', MISTYPED);
test('a foreign character', refused, LINK.replace('AAEC', 'AA+C'), 'bad_request', MISTYPED);
test('a further part', refused, `${LINK}/x`, 'bad_request', /something behind/);
test('a name for an address', refused, `vestnik://bob/${FINGERPRINT}`, 'bad_address', /./);
test('no address', refused, `vestnik:///${FINGERPRINT}`, 'bad_address', /./);

test('garbage is refused and never anything worse', (t) => {
  const mangled = fc
    .tuple(fc.nat(LINK.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([at, length, text]) => LINK.slice(0, at) + text + LINK.slice(at + length));
  const prefixed = fc.string({ unit: 'binary' }).map((text) => `vestnik://${text}`);
  fc.assert(
    fc.property(fc.oneof(mangled, prefixed, fc.string()), (text) => {
      try {
        const link = parseContactLink(text);
        t.deepEqual(parseContactLink(formatContactLink(link)), link);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
      isContactLink(text);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
