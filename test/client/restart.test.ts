/** A daemon that is killed while somebody types, and comes back: every letter is there, once. */
import test from 'ava';
import { connect } from '../../gui/client-node/client.ts';
import { openNodeSocket } from '../../gui/client-node/open-node-socket.ts';
import type { OpenSocket } from '../../gui/client/sockets.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

test('what two have typed outlives a daemon that is killed at once, and is there once', async (t) => {
  const daemon = await startDaemonProcess(t);
  // Every start has another port.
  const openSocket: OpenSocket = (request, events) =>
    openNodeSocket({ ...request, url: `${daemon.api.url.replace('http', 'ws')}/chatroom` }, events);
  const come = () => {
    const client = connect({ url: daemon.api.url, token: daemon.api.token, openSocket });
    t.teardown(() => client.close());
    return { client, text: client.topic('draft/127.0.0.9', 'string') };
  };
  const ann = come();
  await ann.text.insert(0, 'the lake');
  const boris = come();
  await boris.text.ready;
  await boris.text.insert(8, ' at six');
  await eventually(() => ann.text.value === 'the lake at six');

  await daemon.kill();
  const late = ann.text.insert(0, 'to ');
  await daemon.start();
  ann.client.retryNow();
  await late;

  boris.client.retryNow();
  await eventually(() => boris.text.value === 'to the lake at six');
  await eventually(() => ann.text.value === 'to the lake at six');
  await eventually(() => ann.text.unsettled === undefined && boris.text.unsettled === undefined);
  t.deepEqual(daemon.defects, []);
});
