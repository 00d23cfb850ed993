import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { judgeLearnedAddress, judgeTypedAddress } from '../../daemon/domain/address-policy.ts';
import type { OwnAddresses } from '../../daemon/domain/ports.ts';
import { PeerClient } from '../../daemon/peer/peer-client.ts';
import { parseAddress, tryParseAddress } from '../../daemon/wire/address.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';

const OWN = parseAddress('198.51.100.1:4884');

function own({ isLoopbackAllowed = false } = {}): OwnAddresses {
  return { isLoopbackAllowed, isOwn: (address) => address === OWN, toldTo: () => OWN };
}

/** Forms of an address that lead to where no friend is. `PORT` is that of a listener which must stay alone. */
const NOWHERE: readonly string[] = [
  // This machine.
  '127.0.0.1:PORT',
  '127.255.255.254:PORT',
  '0.0.0.0:PORT',
  '0.1.2.3:PORT',
  '[::1]:PORT',
  '[::]:PORT',
  '[0:0:0:0:0:0:0:1]:PORT',
  '[::ffff:127.0.0.1]:PORT',
  '[::FFFF:7F00:1]:PORT',
  '[::ffff:0.0.0.0]:PORT',
  '[::127.0.0.1]:PORT',
  '[::7f00:1]:PORT',
  '[64:ff9b::127.0.0.1]:PORT',
  '[64:ff9b::7f00:1]:PORT',
  '[2002:7f00:1::]:PORT',
  '[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT',
  'http://127.0.0.1:PORT/',
  'vestnik://[::1]:PORT',
  // Spellings that other programs take for this machine.
  '127.1:PORT',
  '127.0.1:PORT',
  '2130706433:PORT',
  '0x7f000001:PORT',
  '0x7f.0.0.1:PORT',
  '0177.0.0.1:PORT',
  '127.0.0.01:PORT',
  '127.0.0.1.:PORT',
  'localhost:PORT',
  'localhost.:PORT',
  '127.0.0.1.nip.io:PORT',
  'evil@127.0.0.1:PORT',
  '127.0.0.1:PORT@evil.example',
  '[::1%lo]:PORT',
  '[fe80::1%eth0]:PORT',
  '１２７.0.0.1:PORT',
  '127。0。0。1:PORT',
  // Our own listener, by its outer address.
  '198.51.100.1',
  '[::ffff:198.51.100.1]:4884',
  // What a cloud tells its machines.
  '169.254.169.254:80',
  '[::ffff:169.254.169.254]:80',
  '[64:ff9b::a9fe:a9fe]:80',
  '[2002:a9fe:a9fe::]:80',
  // Links, groups, and addresses that nobody can have.
  '169.254.0.1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '224.0.0.1',
  '239.255.255.250:1900',
  '240.0.0.1',
  '255.255.255.255',
  '192.0.0.8',
  '198.18.0.1',
  '198.19.255.255',
  '2001:db8::1',
  '100::1',
  '4000::1',
  '[64:ff9b:1::a00:1]:80',
  '[2002:a00:1::]:80',
  '[2002:c0a8:101::]:80',
  '[64:ff9b::192.168.1.1]:80',
  '[::192.168.1.1]:80',
];

test('row 29: no form of an address leads to this machine or to where nobody is', async (t) => {
  let connections = 0;
  const { port, end } = await startAlone(t, () => (connections += 1));
  const client = new PeerClient({
    localAddressFor: () => undefined,
    isAllowed: (peer) => judgeTypedAddress(peer, own()) === undefined,
    isLikelyThere: () => true,
  });
  t.teardown(() => client.close());
  t.true(NOWHERE.length >= 60);

  for (const form of NOWHERE) {
    const address = tryParseAddress(form.replace('PORT', String(port)));
    if (address === undefined) continue;
    t.deepEqual(await client.post(address, '{}'), { outcome: 'forbidden_address' }, form);
  }

  await end();
  t.is(connections, 0);
});

/** A listener, and a way to be sure that whoever could have come has been seen. */
async function startAlone(
  t: ExecutionContext,
  onConnection: () => void,
): Promise<Readonly<{ port: number; end: () => Promise<void> }>> {
  const server = createServer((socket) => {
    socket.destroy();
    onConnection();
  });
  server.listen(0, '::');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const end = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port, end };
}

const learned = test.macro({
  exec(t, from: string, address: string, isAllowed: boolean) {
    const verdict = judgeLearnedAddress(parseAddress(address), own(), { from: parseAddress(from) });
    t.is(verdict === undefined, isAllowed, verdict);
  },
  title: (_, from: string, address: string, isAllowed: boolean) =>
    `row 29: a contact at ${from} ${isAllowed ? 'may' : 'can not'} lead us to ${address}`,
});

test(learned, '203.0.113.7', '203.0.113.8', true);
test(learned, '203.0.113.7', '203.0.113.7:5000', true);
test(learned, '203.0.113.7', '[2a00::1]:5000', true);
test(learned, '203.0.113.7', '192.168.1.1', false);
test(learned, '203.0.113.7', '10.0.0.1', false);
test(learned, '203.0.113.7', '172.16.0.1', false);
test(learned, '203.0.113.7', '100.64.0.1', false);
test(learned, '203.0.113.7', 'fd00::1', false);
test(learned, '203.0.113.7', '200::1', false);
test(learned, '203.0.113.7', 'fc00::1', false);
test(learned, '203.0.113.7', '127.0.0.1', false);
test(learned, '203.0.113.7', '169.254.169.254:4884', false);
test(learned, '203.0.113.7', '198.51.100.1', false);
test(learned, '203.0.113.7', '203.0.113.8:22', false);
test(learned, '203.0.113.7', '203.0.113.8:6000', false);
test(learned, '203.0.113.7', '203.0.113.8:6010', false);
test(learned, '203.0.113.7', '203.0.113.8:6011', true);
test(learned, '203.0.113.7', '203.0.113.8:6379', false);
test(learned, '203.0.113.7', '203.0.113.8:27017', false);
test(learned, '200::1', '201::1', true);
test(learned, '200::1', '300::1', true);
test(learned, '200::1', 'fc00::1', false);
test(learned, '200::1', '203.0.113.7', false);
test(learned, 'fc00::1', 'fc00::2', true);
test(learned, 'fc00::1', 'fd00::2', false);
test(learned, '192.168.1.5', '192.168.1.6', false);
test(learned, '192.168.1.5', '203.0.113.7', false);
test(learned, 'fd00::1', 'fd00::2', false);
test(learned, '127.0.0.1:5000', '127.0.0.1:5001', false);

test('row 29: among daemons on one machine, one may move to another loopback port', (t) => {
  const policy = own({ isLoopbackAllowed: true });
  const from = parseAddress('127.0.0.1:5000');

  t.is(judgeLearnedAddress(parseAddress('127.0.0.1:5001'), policy, { from }), undefined);
  t.not(judgeLearnedAddress(parseAddress('127.0.0.1:22'), policy, { from }), undefined);
  t.not(judgeLearnedAddress(parseAddress('203.0.113.7'), policy, { from }), undefined);
});

test('row 29: no listener of our own can be made a contact', async (t) => {
  const daemon = await startDaemonProcess(t);
  const gui = new URL(daemon.api.url).host;

  for (const address of [gui, gui.replace('127.0.0.1', '[::ffff:127.0.0.1]'), daemon.address]) {
    const { status, body } = await daemon.api.post('/api/contacts', { address });
    t.is(status, 400, address);
    t.is((body as { error: { code: string } }).error.code, 'bad_address', address);
  }
});
