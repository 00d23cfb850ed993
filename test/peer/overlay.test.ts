import type { NetworkInterfaceInfo } from 'node:os';
import test from 'ava';
import {
  addressFor,
  isOwnListener,
  ownAddresses,
  ownHosts,
  type Interfaces,
  type OwnPlace,
} from '../../daemon/peer/overlay.ts';
import { parseAddress } from '../../daemon/wire/address.ts';

const YGGDRASIL = '200:1234::1';
const CJDNS = 'fc92::7b04';

function entry(address: string): NetworkInterfaceInfo {
  const isIpv6 = address.includes(':');
  const common = { address, netmask: '', mac: '', internal: false, cidr: null };
  return isIpv6 ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

const INTERFACES: Interfaces = {
  lo: [entry('127.0.0.1'), entry('::1')],
  eth0: [entry('192.168.1.5'), entry('fe80::1%eth0')],
  tun0: [entry(YGGDRASIL)],
  tun1: [entry('FC92:0::7B04')],
  gone: undefined,
};

const PLACE: OwnPlace = { given: undefined, boundHost: '::', port: 4884 };
const onPort = (port: number): OwnPlace => ({ ...PLACE, port });
const given = (address: string): OwnPlace => ({ ...PLACE, given: parseAddress(address) });

test('a daemon on one loopback address has that one, though no interface names it', (t) => {
  const place = { given: undefined, boundHost: '127.0.0.9', port: 5000 };

  t.deepEqual(ownAddresses(place, {}).map(String), ['127.0.0.9:5000']);
});

test('own hosts are canonical, overlays before private ones before loopback', (t) => {
  const hosts = ownHosts(INTERFACES);

  t.deepEqual(hosts.slice(0, 2), [YGGDRASIL, CJDNS]);
  t.deepEqual(hosts.slice(2), ['192.168.1.5', '127.0.0.1', '::1', 'fe80::1']);
});

test('own addresses carry the port unless it is the default, and leave loopback out', (t) => {
  t.deepEqual(ownAddresses(onPort(5000), INTERFACES) as readonly string[], [
    `[${YGGDRASIL}]:5000`,
    `[${CJDNS}]:5000`,
    '192.168.1.5:5000',
  ]);
});

test('the address that the owner gave leads the own addresses', (t) => {
  t.is(ownAddresses(given('203.0.113.7'), INTERFACES)[0] as string, '203.0.113.7');
});

test('a daemon that is bound to one address has only that', (t) => {
  const place = { ...onPort(5000), boundHost: '127.0.0.1' };

  t.deepEqual(ownAddresses(place, INTERFACES) as readonly string[], ['127.0.0.1:5000']);
});

test('a contact is told the address that the owner gave', (t) => {
  t.is(
    addressFor(parseAddress('300::2'), undefined, given('203.0.113.7'), INTERFACES) as string,
    '203.0.113.7',
  );
});

test('a contact on an overlay is told our address on that overlay', (t) => {
  const told = (contact: string) =>
    addressFor(parseAddress(contact), '192.168.1.5', PLACE, INTERFACES) as string;

  t.is(told('300::2'), YGGDRASIL);
  t.is(told('[fc00::2]:99'), CJDNS);
});

test('a contact elsewhere is told the local address of the connection', (t) => {
  t.is(
    addressFor(
      parseAddress('203.0.113.9'),
      '::ffff:192.168.1.5',
      onPort(5000),
      INTERFACES,
    ) as string,
    '192.168.1.5:5000',
  );
});

test('before there is a connection a contact is told the address most like its own', (t) => {
  const interfaces = { ...INTERFACES, eth1: [entry('fd77::1')] };
  const told = (contact: string) =>
    addressFor(parseAddress(contact), undefined, PLACE, interfaces) as string | undefined;

  t.is(told('fd77::2'), 'fd77::1');
  t.is(told('203.0.113.9'), '192.168.1.5');
  t.is(told('127.0.0.1:5001'), '127.0.0.1');
});

test('a contact of a family that this machine does not have can be told nothing', (t) => {
  const interfaces = { eth0: [entry('192.168.1.5'), entry('fe80::1')] };

  t.is(addressFor(parseAddress('2a00::1'), undefined, PLACE, interfaces), undefined);
});

test('own addresses with own ports are own listeners, in every spelling', (t) => {
  const isOwn = (text: string) =>
    isOwnListener(parseAddress(text), new Set([4884, 4885]), PLACE, INTERFACES);

  t.true(isOwn('192.168.1.5'));
  t.true(isOwn('[::ffff:192.168.1.5]:4885'));
  t.true(isOwn(`[${CJDNS}]:4885`));
  t.true(isOwn('127.9.9.9'));
  t.false(isOwn('192.168.1.5:22'));
  t.false(isOwn('192.168.1.6'));
});

test('another daemon on another loopback port is not our listener', (t) => {
  const place = { ...onPort(5000), boundHost: '127.0.0.1' };

  t.false(isOwnListener(parseAddress('127.0.0.1:5001'), new Set([5000]), place, INTERFACES));
});

test('the address that the owner gave is our listener too', (t) => {
  const place = given('203.0.113.7:99');

  t.true(isOwnListener(parseAddress('203.0.113.7:99'), new Set([4884]), place, INTERFACES));
});
