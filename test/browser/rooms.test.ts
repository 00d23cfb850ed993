import test from 'ava';
import type { Page } from 'playwright-core';
import type { ApiRoom } from '../../daemon/wire/rooms-api.ts';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { findBarriers } from '../helpers/find-barriers.ts';
import { WechatHand } from '../helpers/wechat-hand.ts';

const log = (page: Page) => page.getByRole('log');

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Message to/ }).fill(text);
  await page.keyboard.press('Enter');
}

async function rooms({ api }: DaemonProcess): Promise<readonly ApiRoom[]> {
  return (await api.get('/api/rooms')).body as ApiRoom[];
}

test('a room from its making to its leaving: a friend by invitation, a guest over plain HTTP', async (t) => {
  const environment = { VESTNIK_HUB_LISTEN: '127.0.0.1:0' };
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2', environment });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  const browser = await startBrowser(t);
  const [one, two] = await Promise.all([
    browser.open(masha),
    browser.open(anna, { isPhone: true, colorScheme: 'dark' }),
  ]);

  // Masha makes a private room and invites Anna by a button.
  await one.page.goto(`${masha.api.url}/rooms`);
  await one.page.getByLabel('Name of the room').fill('a/b');
  await one.page.getByText(/A name has 1 to 64 characters/).waitFor();
  t.deepEqual(await findBarriers(one.page), []);
  await one.page.getByLabel('Name of the room').fill('kitchen');
  await one.page.getByLabel(/^Private/).check();
  await one.page.getByRole('button', { name: 'Make the room' }).click();
  await one.page.getByText('Your daemon hosts this one').waitFor();
  await one.page.getByRole('button', { name: 'Invite friends' }).click();
  await one.page.getByRole('button', { name: /^Invite .?Anna/ }).click();
  await one.page.getByText('✓ Invited').waitFor();
  await one.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  // Anna sees a button instead of a link, and comes in.
  await two.page.getByText(/^Invitation to the room .?kitchen/).click();
  await two.picture('room-invitation');
  t.deepEqual(await findBarriers(two.page), []);
  await two.page.getByRole('button', { name: 'Join room' }).click();
  await two.page.getByText('The host can read this').waitFor();
  await log(one.page)
    .getByText(/Anna.? joined/)
    .waitFor();

  // They talk both ways.
  await say(one.page, 'Tea is ready');
  await log(two.page).getByText('Tea is ready').waitFor();
  await say(two.page, 'Coming');
  await log(one.page).getByText('Coming').waitFor();

  // Masha lets guests in; what one says does not look like what a friend says.
  await one.page.getByRole('switch', { name: /^Private/ }).click();
  await eventually(async () => (await rooms(masha))[0]?.private === false);
  const hand = new WechatHand(masha.hubUrl);
  const session = await hand.join('kitchen', 'ringo');
  await hand.say('kitchen', session, 'Any biscuits?');
  for (const { page } of [one, two]) {
    const row = page.getByRole('article').filter({ hasText: 'Any biscuits?' });
    await row.getByText('guest', { exact: true }).waitFor();
    t.regex((await row.getAttribute('aria-label')) ?? '', /plain HTTP.*The name proves nothing/);
  }
  await one.picture('room');
  t.deepEqual(await findBarriers(one.page), []);
  t.deepEqual(await findBarriers(two.page), []);

  // Both sides have the same, and it says so.
  await two.page.getByTitle(/^About the room/).click();
  await two.page.getByText(/^✓? ?\d+ events, equal$/).waitFor();
  await two.page.getByText(/who hosts this one, can read everything/).waitFor();
  await two.picture('room-details-phone');
  t.deepEqual(await findBarriers(two.page), []);
  await two.page.goBack();

  // Masha puts the guest out.
  await one.page.getByRole('button', { name: /^Put out: .?ringo/ }).click();
  await one.page.getByRole('dialog').getByRole('button', { name: 'Put out' }).click();
  await log(two.page)
    .getByText(/ringo.? left/)
    .waitFor();

  // The host goes away; what Anna says waits, and can be taken back.
  await masha.stop();
  await two.page.getByText(/Masha.?’s daemon is away/).waitFor();
  await say(two.page, 'Where are you?');
  const waiting = two.page.getByRole('article').filter({ hasText: 'Where are you?' });
  await waiting.getByText(/waits until/).waitFor({ state: 'attached' });
  await waiting.getByRole('button').click();
  await two.page.getByRole('button', { name: 'Take it back' }).click();
  await waiting.waitFor({ state: 'detached' });

  // Joining waits for the host, says so, and can be called off.
  await two.page.goto(`${anna.api.url}/rooms`);
  await two.page.getByLabel('Room', { exact: true }).fill(`tea@${anna.address}`);
  await two.page.getByText('Your daemon has no room of that name.').waitFor();
  await two.page.getByLabel('Room', { exact: true }).fill(`tea@${masha.address}`);
  await two.page.getByText(/hosted by .?Masha/).waitFor();
  await two.page.getByRole('button', { name: 'Join', exact: true }).click();
  await two.page.getByText(/Masha.?’s daemon is away, we keep trying/).waitFor();
  await two.page.getByRole('button', { name: 'Do not join' }).click();
  await eventually(async () => (await rooms(anna)).length === 1);

  // Anna leaves. What was said stays with her.
  await two.page.getByText('kitchen', { exact: true }).click();
  await two.page.getByTitle(/^About the room/).click();
  await two.page.getByRole('button', { name: 'Leave the room' }).click();
  await two.page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click();
  await two.page.getByText('You are not in this room.').waitFor();
  await log(two.page).getByText('Tea is ready').waitFor();

  // And forgets it: then nothing is left.
  await two.picture('room-forget');
  await two.page.getByTitle(/^About the room/).click();
  await two.page.getByRole('button', { name: 'Forget the room' }).click();
  await two.page.getByRole('dialog').getByRole('button', { name: 'Forget', exact: true }).click();
  await eventually(async () => (await rooms(anna)).length === 0);
  await eventually(
    async () => (await two.page.getByText('kitchen', { exact: true }).count()) === 0,
  );
  t.deepEqual([...one.complaints, ...two.complaints], []);
});
