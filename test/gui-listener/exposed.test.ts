/** Security test row 28: the gui listener beyond loopback (G12). */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { connectionOf } from '../../daemon/gui-listener/connection.ts';
import { ListenError } from '../../daemon/http/listen.ts';
import type { ApiConnection } from '../../daemon/wire/gui-api.ts';
import { issueCertificate, writeCertificate } from '../helpers/certificate.ts';
import { startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const PASSWORD = 'correct horse battery';
const MINUTE_MS = 60_000;
/** Two who guess and the owner; all of 127.0.0.0/8 is this machine, but each counts as a caller of its own. */
const [ONE, OTHER, OWNER] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

/** Where the gui listener listens on all addresses, with a password. */
async function startExposed(t: ExecutionContext): Promise<GuiWorld> {
  const gui = await startGui(t, { listen: '0.0.0.0:0', password: PASSWORD });
  t.true(gui.login.hasPassword);
  return gui;
}

/** Tries a password from an address of its own, and gives the status back. */
async function guess({ port }: GuiWorld, from: string, password: string): Promise<number> {
  const asking = request({
    ...{ host: '127.0.0.1', port, localAddress: from, path: '/api/login', method: 'POST' },
    headers: { 'content-type': 'application/json' },
  });
  asking.end(JSON.stringify({ password }));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}

test('row 28: without a password nobody listens beyond loopback, TLS or not', async (t) => {
  const certificate = await writeCertificate(await temporaryFolder(t), issueCertificate());

  for (const listen of ['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'router.lan:0']) {
    for (const options of [{ listen }, { listen, certificate }]) {
      await t.throwsAsync(startGui(t, options), {
        instanceOf: ListenError,
        code: 'password_required',
      });
    }
  }
});

test('row 28: of a thousand guesses in ten minutes a handful is looked at, and the owner gets in', async (t) => {
  const gui = await startExposed(t);
  const looked = new Map<string, number>([
    [ONE, 0],
    [OTHER, 0],
  ]);

  for (let i = 0; i < 500; i++) {
    for (const from of [ONE, OTHER]) {
      const status = await guess(gui, from, `guess ${i} of many`);
      t.true(status === 401 || status === 429);
      if (status === 401) looked.set(from, (looked.get(from) ?? 0) + 1);
    }
    gui.clock.advance((10 * MINUTE_MS) / 500);
  }

  for (const [from, count] of looked) t.true(count >= 5 && count <= 30, `${from}: ${count}`);
  t.is(await guess(gui, ONE, PASSWORD), 429);
  t.is(await guess(gui, OWNER, PASSWORD), 200);
});

test('row 28: guesses are checked one at a time, and a crowd of them keeps nobody out', async (t) => {
  const gui = await startExposed(t);
  const crowd = Array.from({ length: 10 }, (_, index) => `127.0.1.${index + 1}`);

  const statuses = Promise.all(
    crowd.flatMap((from) => Array.from({ length: 5 }, () => guess(gui, from, 'not it at all'))),
  );

  t.is(await guess(gui, OWNER, PASSWORD), 200);
  t.deepEqual(new Set(await statuses), new Set([401]));
});

test('a wait doubles from one minute to fifteen, and is forgotten after an hour', async (t) => {
  const gui = await startExposed(t);
  for (let i = 0; i < 5; i++) await guess(gui, ONE, 'not it at all');

  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    let minutes = 0;
    for (; (await guess(gui, ONE, 'not it at all')) === 429; minutes++) {
      gui.clock.advance(MINUTE_MS);
    }
    waits.push(minutes);
  }
  gui.clock.advance(61 * MINUTE_MS);

  t.deepEqual(waits, [1, 2, 4, 8, 15, 15]);
  for (let i = 0; i < 5; i++) t.is(await guess(gui, ONE, 'not it at all'), 401);
});

type Ends = Readonly<{ remoteAddress?: string; localAddress?: string; encrypted?: boolean }>;

const protectedBy = test.macro<[Ends, ApiConnection]>({
  exec(t, socket, connection) {
    // Nothing but these members is looked at.
    t.is(connectionOf(socket as Socket), connection);
  },
  title: (_, { remoteAddress = 'nowhere', localAddress = 'us' }, connection) =>
    `a connection from ${remoteAddress} to ${localAddress} is ${connection}`,
});

function ends(remoteAddress: string, localAddress: string): Ends {
  return { remoteAddress, localAddress };
}

test(protectedBy, ends('127.0.0.1', '127.0.0.1'), 'loopback');
test(protectedBy, ends('::ffff:127.0.0.1', '::ffff:127.0.0.1'), 'loopback');
test(protectedBy, ends('::1', '::1'), 'loopback');
test(protectedBy, ends('200:1::2', '200:3::4'), 'overlay');
test(protectedBy, ends('fc92::1', 'fc00::2'), 'overlay');
test(protectedBy, ends('200:1::2', 'fc92::1'), 'open');
test(protectedBy, ends('200:1::2', '192.168.1.1'), 'open');
test(protectedBy, ends('300:1::2', '200:3::4'), 'open');
test(protectedBy, ends('192.168.1.7', '192.168.1.1'), 'open');
test(protectedBy, ends('2001:db8::1', '2001:db8::2'), 'open');
test(protectedBy, { ...ends('192.168.1.7', '192.168.1.1'), encrypted: true }, 'tls');
test(protectedBy, {}, 'open');
