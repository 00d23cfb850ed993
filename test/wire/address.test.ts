import test from 'ava';
import fc from 'fast-check';
import {
  canonicalHost,
  classifyAddress,
  classifyHost,
  originOf,
  parseAddress,
  peerUrl,
  splitAddress,
  tryParseAddress,
  type AddressClass,
} from '../../daemon/wire/address.ts';
import { WireError } from '../../daemon/wire/check.ts';

const spelt = test.macro({
  exec(t, spelling: string, canonical: string) {
    t.is(String(parseAddress(spelling)), canonical);
    t.is(String(parseAddress(canonical)), canonical);
  },
  title: (_, spelling: string, canonical: string) => `${JSON.stringify(spelling)} is ${canonical}`,
});

test(spelt, '203.0.113.7', '203.0.113.7');
test(spelt, ' 203.0.113.7 ', '203.0.113.7');
test(spelt, '203.0.113.7:4884', '203.0.113.7');
test(spelt, '203.0.113.7:04884', '203.0.113.7');
test(spelt, '203.0.113.7:5000', '203.0.113.7:5000');
test(spelt, 'http://203.0.113.7:5000/', '203.0.113.7:5000');
test(spelt, 'FC92:0:0:0:0:0:0:7B04', 'fc92::7b04');
test(spelt, '[fc92::7b04]', 'fc92::7b04');
test(spelt, '[fc92::7b04]:4884', 'fc92::7b04');
test(spelt, '[FC92:0000::7B04]:6000', '[fc92::7b04]:6000');
test(spelt, 'vestnik://[200:7f3c::2]/', '200:7f3c::2');
test(spelt, '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1');
test(spelt, '2001:0:0:1:0:0:0:1', '2001:0:0:1::1');
test(spelt, '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1');
test(spelt, '::1', '::1');
test(spelt, '::', '::');
test(spelt, '1::', '1::');
test(spelt, '::ffff:203.0.113.7', '203.0.113.7');
test(spelt, '[::ffff:cb00:7107]:5000', '203.0.113.7:5000');
test(spelt, '64:ff9b::203.0.113.7', '64:ff9b::cb00:7107');

const refused = test.macro({
  exec(t, spelling: string) {
    const error = t.throws(() => parseAddress(spelling), { instanceOf: WireError });
    t.is(error.code, 'bad_address');
    t.not(error.message, '');
  },
  title: (_, spelling: string) => `${JSON.stringify(spelling.slice(0, 40))} is no address`,
});

test(refused, '');
test(refused, 'example.org');
test(refused, 'localhost:4884');
test(refused, '1.2.3');
test(refused, '1.2.3.4.5');
test(refused, '1.2.3.256');
test(refused, '01.2.3.4');
test(refused, '0x7f.0.0.1');
test(refused, '2130706433');
test(refused, '1.2.3.4:0');
test(refused, '1.2.3.4:65536');
test(refused, '1.2.3.4:');
test(refused, '1.2.3.4:80x');
test(refused, '[::1');
test(refused, '::1]');
test(refused, '[1.2.3.4]');
test(refused, '1::2::3');
test(refused, '1:2:3:4:5:6:7');
test(refused, '1:2:3:4:5:6:7:8:9');
test(refused, '1:2:3:4:5:6:7::8');
test(refused, 'fe80::1%eth0');
test(refused, 'g::1');
test(refused, '::12345');
test(refused, 'user@1.2.3.4');
test(refused, '1.2.3.4/path');
test(refused, '1'.repeat(500));

const classified = test.macro({
  exec(t, host: string, expected: AddressClass) {
    t.is(classifyHost(host), expected);
    t.is(classifyAddress(parseAddress(host)), expected);
  },
  title: (_, host: string, expected: AddressClass) => `${host} is ${expected}`,
});

test(classified, '200:7f3c:91d2::2', 'yggdrasil');
test(classified, '3ff::1', 'yggdrasil');
test(classified, 'fc92:44d1::7b04', 'cjdns');
test(classified, 'fd00::1', 'private');
test(classified, 'fe80::1', 'refused');
test(classified, 'ff02::1', 'refused');
test(classified, '2001:db8::1', 'refused');
test(classified, '2a00:1450::1', 'public');
test(classified, '::1', 'loopback');
test(classified, '::', 'refused');
test(classified, '::7f00:1', 'refused');
test(classified, '64:ff9b::7f00:1', 'refused');
test(classified, '64:ff9b::cb00:7107', 'public');
test(classified, '2002:7f00:1::', 'refused');
test(classified, '2002:c0a8:101::', 'refused');
test(classified, '2001:0:4136:e378:8000:63bf:80ff:fffe', 'refused');
test(classified, '127.8.9.1', 'loopback');
test(classified, '10.1.2.3', 'private');
test(classified, '172.31.0.1', 'private');
test(classified, '172.32.0.1', 'public');
test(classified, '192.168.1.1', 'private');
test(classified, '100.64.0.1', 'private');
test(classified, '169.254.169.254', 'refused');
test(classified, '0.1.2.3', 'refused');
test(classified, '192.0.0.8', 'refused');
test(classified, '198.19.0.1', 'refused');
test(classified, '224.0.0.1', 'refused');
test(classified, '255.255.255.255', 'refused');
test(classified, '203.0.113.7', 'public');

test('the canonical form of any IPv6 address is a fixed point', (t) => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 65_535 }), (parts, port) => {
      const long = parts.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':');
      const address = parseAddress(`[${long}]:${port}`);
      t.is(parseAddress(address), address);
      t.is(splitAddress(address).port, port);
      t.is(parseAddress(peerUrl(address)), address);
    }),
  );
});

test('whatever a person types is an address or a WireError', (t) => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcf.:[]/% ')),
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, (typed) => {
      t.notThrows(() => tryParseAddress(typed));
    }),
  );
});

test('a socket address loses its zone and the IPv4 mapping', (t) => {
  t.is(canonicalHost('::ffff:127.0.0.2'), '127.0.0.2');
  t.is(canonicalHost('fe80::1%eth0'), 'fe80::1');
  t.is(canonicalHost('127.0.0.1'), '127.0.0.1');
  t.is(canonicalHost(undefined), undefined);
  t.is(canonicalHost('/run/socket'), undefined);
});

test('callers are counted by host on overlays and by /64 elsewhere in IPv6', (t) => {
  t.is(originOf('203.0.113.7'), '203.0.113.7');
  t.is(originOf('200:7f3c::2'), '200:7f3c::2');
  t.is(originOf('300:7f3c:1:2::7'), originOf('300:7f3c:1:2::9'));
  t.is(originOf('2a00:1450:1:2:3:4:5:6'), originOf('2a00:1450:1:2::9'));
  t.not(originOf('2a00:1450:1:2::9'), originOf('2a00:1450:1:3::9'));
});
