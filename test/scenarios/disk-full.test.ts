import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

/** The daemon looks every 10 s whether there is room again. */
const LOOK_TIMEOUT_MS = 30_000;

test('row 12: on a full disk nothing confirmed is lost, reading goes on, and room is noticed without a restart', async (t) => {
  const disk = await mountSmallDisk(t, 24);
  if (disk === undefined) {
    t.log('skipped: a file system can be mounted only by root');
    t.pass();
    return;
  }
  const data = join(disk.folder, 'data');
  await mkdir(data, { mode: 0o700 });
  const alice = await startDaemonProcess(t, { host: '127.0.0.2', data });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  const path = conversationPath(bob.address);
  const confirmed: string[] = [];
  const write = async (text: string): Promise<number> => {
    const { status } = await alice.api.post(path, { message: text });
    if (status === 201) confirmed.push(text);
    return status;
  };
  for (let count = 0; count < 20; count++) await write(`before ${count}`);
  t.is(confirmed.length, 20);

  await disk.fill();
  // A page of the file that is begun already takes some more small ones.
  for (const text of ['x'.repeat(10_000), 'no room']) {
    await eventually(async () => (await write(text)) === 507);
  }
  const refused = await alice.api.post(path, { message: 'no room' });
  t.like(refused, { status: 507, body: { error: { code: 'storage_full' } } });
  const { id } = await bob.api.send(alice.address, 'are you there?');
  await eventually(async () =>
    (await bob.api.details(alice.address, id)).timeline.some(({ outcome }) => outcome === 'busy'),
  );
  t.is((await alice.api.get('/api/me')).status, 200);
  t.is((await alice.api.texts(bob.address)).filter((text) => text.startsWith('before')).length, 20);
  t.is((await bob.api.details(alice.address, id)).state, 'queued');

  await disk.clear();
  await eventually(async () => (await write('after')) === 201, { timeoutMs: LOOK_TIMEOUT_MS });
  await bob.api.post(`${conversationPath(alice.address)}/${id}/retry`);
  await eventually(async () => (await alice.api.texts(bob.address)).includes('are you there?'));

  await eventually(async () => (await bob.api.texts(alice.address)).includes('after'), {
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  const incoming = (await bob.api.messages(alice.address)).filter(
    ({ direction }) => direction === 'in',
  );
  t.deepEqual(
    incoming.map(({ message }) => message),
    confirmed,
  );
  await alice.kill();
  await alice.start();
  const kept = (await alice.api.messages(bob.address)).filter(
    ({ direction }) => direction === 'out',
  );
  t.deepEqual(
    kept.map(({ message }) => message),
    confirmed,
  );
});

test('on a full disk a daemon starts, reads, and stops cleanly', async (t) => {
  const disk = await mountSmallDisk(t, 24);
  if (disk === undefined) {
    t.log('skipped: a file system can be mounted only by root');
    t.pass();
    return;
  }
  const data = join(disk.folder, 'data');
  await mkdir(data, { mode: 0o700 });
  const alice = await startDaemonProcess(t, { data });
  await alice.api.post('/api/contacts', { address: '127.0.0.9:4999' });
  await alice.api.send('127.0.0.9:4999', 'hello');
  await alice.stop();
  await disk.fill();

  await alice.start();

  t.deepEqual(await alice.api.texts('127.0.0.9:4999'), ['hello']);
  const { status } = await alice.api.post(conversationPath('127.0.0.9:4999'), { message: 'x' });
  t.is(status, 507);
  t.is(await alice.stop(), 0);
  await disk.clear();
  await alice.start();
  t.deepEqual(await alice.api.texts('127.0.0.9:4999'), ['hello']);
});
