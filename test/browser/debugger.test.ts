import test from 'ava';
import { WebSocket } from 'ws';
import { startBrowser } from '../helpers/browser.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { openSocket } from '../helpers/gui-world.ts';

const ENVIRONMENT = {
  DEBUG: 'true',
  VESTNIK_DEBUGGER_LISTEN: '127.0.0.1:0',
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
};

test('the debugger shows what goes on, filtered, and stands still while it is paused', async (t) => {
  const daemon = await startDaemonProcess(t, { environment: ENVIRONMENT });
  const browser = await startBrowser(t);
  const client = await openSocket(t, daemon.api, [], {
    headers: { authorization: `Bearer ${daemon.api.token}` },
  });
  t.is(client.socket.readyState, WebSocket.OPEN);
  await client.subscribe('board', 'string');
  await client.subscribe('boarding', 'int');
  const write = async (value: string): Promise<void> => {
    client.send('update', { topic_name: 'board', change: { type: 'set', value } });
    await client.nextChange('board');
  };

  const { page, complaints, picture } = await browser.visit(daemon.debuggerUrl);
  const frames = page.locator('#frames');
  const board = page.getByRole('button', { name: 'board', exact: true });
  // A value that changes between pressing and letting go takes nothing away from under the mouse.
  await board.hover();
  await page.mouse.down();
  await write('nearly');
  await page.getByRole('cell', { name: '"nearly"', exact: true }).waitFor();
  await page.mouse.up();
  await write('first');
  await page.locator('#opened-value', { hasText: '"first"' }).waitFor();
  await frames.getByText('first').first().waitFor();
  await picture('debugger');

  await page.getByLabel('Filter').fill('board');
  await page.getByText('2 of ').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await write('second');
  await page.getByRole('button', { name: 'boarding' }).click();
  await page.locator('#opened-value', { hasText: '0' }).waitFor();
  t.is(await frames.getByText('second').count(), 0);
  t.is(await page.getByRole('cell', { name: '"first"', exact: true }).count(), 1);
  await page.getByRole('button', { name: 'Go on' }).click();
  await frames.getByText('second').first().waitFor();
  const guest = await openSocket(t, { url: daemon.hubUrl }, []);
  await guest.subscribe('table', 'list');
  await page.getByLabel('Filter').fill('');
  await page.getByLabel('World').selectOption('guests');
  await page.getByRole('button', { name: 'table', exact: true }).waitFor();
  t.is(await board.count(), 0);
  await page.reload();
  await page.getByText('connected', { exact: true }).waitFor();

  t.is(new URL(page.url()).hash, '');
  t.deepEqual(complaints, []);
});
