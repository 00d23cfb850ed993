import test from 'ava';
import { fileURLToPath } from 'node:url';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

const TELL_FETCH = fileURLToPath(new URL('../helpers/tell-fetch.js', import.meta.url));

test('a daemon that has answered its owner and a stranger has not loaded Node’s fetch', async (t) => {
  const daemon = await startDaemonProcess(t, { nodeArguments: ['--import', TELL_FETCH] });

  const { body } = await daemon.api.get('/api/me');
  const refused = await daemon.api.get('/api/contacts/127.0.0.1%3A1');
  const pong = await fetch(`http://${daemon.address}/?action=ping`);
  process.kill(daemon.pid, 'SIGUSR2');

  t.like(body, { address: daemon.address });
  t.is(refused.status, 404);
  t.deepEqual(await pong.json(), { action: 'pong' });
  t.is(await eventually(() => /^fetch is .*$/m.exec(daemon.log)?.[0]), 'fetch is not loaded');
});
