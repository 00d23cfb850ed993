import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { findBarriers } from '../helpers/find-barriers.ts';

async function startPair(t: ExecutionContext) {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  const browser = await startBrowser(t);
  const open = async (one: DaemonProcess, other: DaemonProcess) => {
    const gui = await browser.open(one);
    await gui.page.goto(`${one.api.url}/c/${encodeURIComponent(other.address)}`);
    return gui;
  };
  return { masha, anna, inMasha: await open(masha, anna), inAnna: await open(anna, masha) };
}

/** Takes a cell, once it is one's turn. */
async function take(page: Page, row: number, column: number): Promise<void> {
  await page.getByText(/^Your turn/).waitFor();
  await page.getByRole('button', { name: `row ${row}, column ${column}, free` }).click();
}

test('two friends play a game to its end, each in a browser; what is no part of it is shown as it is', async (t) => {
  const { masha, anna, inMasha, inAnna } = await startPair(t);

  await inMasha.page.getByRole('button', { name: 'Play tic-tac-toe' }).click();
  await inMasha.page.getByRole('button', { name: 'Invite' }).click();
  await inAnna.page.getByRole('button', { name: 'Play', exact: true }).click();
  await take(inMasha.page, 1, 1);
  await take(inAnna.page, 2, 1);
  t.deepEqual(await findBarriers(inAnna.page), []);
  await take(inMasha.page, 1, 2);
  await take(inAnna.page, 2, 2);
  // The last move without a mouse: from the middle, where the Tab key stops, to the corner.
  await inMasha.page.getByText(/^Your turn/).waitFor();
  await inMasha.page.getByRole('button', { name: 'row 1, column 2, X' }).focus();
  await inMasha.page.keyboard.press('ArrowRight');
  await inMasha.page.keyboard.press('Enter');

  await inMasha.page.getByText('You have won.').waitFor();
  await inAnna.page.getByText(/^.?Masha.? has won\.$/).waitFor();
  await inAnna.page.getByText('Tic-tac-toe: three in a row, you have lost').first().waitFor();
  // Seven messages are one thing to look at, also for whoever comes later.
  await inAnna.page.reload();
  await inAnna.page.getByText(/^.?Masha.? has won\.$/).waitFor();
  t.is(await inAnna.page.getByRole('article').count(), 1);
  t.is((await anna.api.texts(masha.address)).length, 7);

  await inAnna.page.getByRole('button', { name: 'Play again' }).click();
  await inMasha.page.getByText(/Anna.? would like to play/).waitFor();

  // What somebody types to the same end, and what it is not.
  await masha.api.send(anna.address, 'vestnik-game:tic-tac-toe/0k3x9qfz/move/5');
  await inAnna.page.getByText('This changed nothing in the game.').waitFor();
  t.deepEqual([...inMasha.complaints, ...inAnna.complaints], []);
});
