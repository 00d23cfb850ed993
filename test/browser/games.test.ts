import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { findBarriers } from '../helpers/find-barriers.ts';

async function startFriends(t: ExecutionContext) {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  return { masha, anna, browser: await startBrowser(t) };
}

async function startPair(t: ExecutionContext) {
  const { masha, anna, browser } = await startFriends(t);
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

test('whoever is in a room may accept a game there, and everybody sees how it ends', async (t) => {
  const { masha, anna, browser } = await startFriends(t);
  const title = `kitchen@${masha.address}`;
  await masha.api.post('/api/rooms', { name: 'kitchen' });
  await anna.api.post('/api/rooms/join', { room: title });
  const [inMasha, inAnna] = await Promise.all([
    browser.open(masha),
    browser.open(anna, { isPhone: true, colorScheme: 'dark' }),
  ]);
  await inMasha.page.goto(`${masha.api.url}/r/kitchen`);
  await inAnna.page.goto(`${anna.api.url}/r/${encodeURIComponent(title)}`);

  await inMasha.page.getByRole('button', { name: 'Play tic-tac-toe' }).click();
  await inMasha.page.getByRole('button', { name: 'Invite' }).click();
  await inMasha.page.getByText('Waiting for somebody to accept.').waitFor();
  await inAnna.page.getByRole('button', { name: 'Play', exact: true }).click();
  const cells = [
    [1, 1],
    [2, 2],
    [1, 2],
    [2, 1],
    [3, 3],
    [2, 3],
  ] as const;
  for (const [index, [row, column]] of cells.entries()) {
    await take(index % 2 === 0 ? inMasha.page : inAnna.page, row, column);
  }

  await inAnna.page.getByText('You have won.').waitFor();
  await inMasha.page.getByText(/^.?Anna.? has won\.$/).waitFor();
  await inAnna.picture('room-game-phone');
  t.deepEqual(await findBarriers(inAnna.page), []);
  t.is(await inMasha.page.getByRole('article').filter({ hasText: 'Tic-tac-toe' }).count(), 1);

  // Another one, which the owner of the room gives up.
  await inAnna.page.getByRole('button', { name: 'Play again' }).click();
  await inMasha.page.getByRole('button', { name: 'Play', exact: true }).click();
  await inMasha.page.getByRole('button', { name: 'Give up' }).click();
  await inMasha.page.getByText('You gave up.').waitFor();
  await inAnna.page.getByText(/^.?Masha.? gave up\.$/).waitFor();
  t.deepEqual([...inMasha.complaints, ...inAnna.complaints], []);
});
