import test from 'ava';
import type { Page } from 'playwright-core';
import type { ApiMe } from '../../daemon/wire/gui-api.ts';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

function message(page: Page, text: string) {
  return page.getByRole('log').getByRole('article').filter({ hasText: text });
}

/** Opens what there is to know about a message. */
async function openCard(page: Page, text: string): Promise<void> {
  await message(page, text).getByRole('button').first().click();
}

test('messages are deleted for both, in all browsers of both, and what can not be known is said', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  for (const text of ['first of mine', 'second of mine', 'third of mine']) {
    await masha.api.send(anna.address, text);
  }
  await anna.api.send(masha.address, 'one of hers');
  await eventually(async () => (await anna.api.texts(masha.address)).length === 4);
  await eventually(async () => (await masha.api.texts(anna.address)).length === 4);
  const browser = await startBrowser(t);
  const desk = await browser.open(masha);
  const phone = await browser.open(masha, { isPhone: true, colorScheme: 'dark' });
  const hers = await browser.open(anna);
  await hers.page.goto(`${anna.api.url}/c/${encodeURIComponent(masha.address)}`);
  for (const { page } of [desk, phone]) {
    await page.goto(`${masha.api.url}/c/${encodeURIComponent(anna.address)}`);
    await message(page, 'one of hers').waitFor();
  }
  await message(hers.page, 'third of mine').waitFor();

  // Two at once, chosen; hers can only be deleted here.
  await openCard(desk.page, 'first of mine');
  await desk.page.getByRole('button', { name: 'Choose several' }).click();
  await desk.page.getByRole('checkbox', { name: /one of hers/ }).check();
  await desk.picture('deleting-chosen');
  await desk.page.getByRole('button', { name: 'Delete…' }).click();
  await desk.page.getByText('Only for your own messages').waitFor();
  t.is(await desk.page.getByRole('button', { name: 'Delete for both' }).count(), 0);
  await desk.picture('deleting-not-own');
  await desk.page.getByRole('button', { name: 'Keep', exact: true }).click();
  await desk.page.getByRole('checkbox', { name: /one of hers/ }).uncheck();
  await desk.page.getByRole('checkbox', { name: /second of mine/ }).check();
  await desk.page.getByText('2 messages chosen').waitFor();
  await desk.page.getByRole('button', { name: 'Delete…' }).click();
  await desk.page.getByText(/nobody can know/).waitFor();
  await desk.picture('deleting-for-both');
  await desk.page.getByRole('button', { name: 'Delete for both' }).click();

  for (const { page } of [desk, phone, hers]) {
    await message(page, 'first of mine').waitFor({ state: 'detached' });
    await message(page, 'second of mine').waitFor({ state: 'detached' });
    t.is(await message(page, 'third of mine').count(), 1);
  }

  // Both sides can see what was done.
  await desk.page.goto(`${masha.api.url}/c/${encodeURIComponent(anna.address)}?details`);
  await desk.page.getByText(/says that it deleted 2 messages/).waitFor();
  await desk.page.getByText('Keeping messages').scrollIntoViewIfNeeded();
  await desk.picture('deleting-details');
  await hers.page.goto(`${anna.api.url}/c/${encodeURIComponent(masha.address)}?details`);
  await hers.page.getByText(/has deleted 2 own messages here/).waitFor();

  // She is away: the request waits, and that is said.
  await anna.stop();
  await openCard(phone.page, 'third of mine');
  await phone.page.getByRole('button', { name: 'Delete…' }).click();
  await phone.picture('deleting-phone');
  await phone.page.getByRole('button', { name: 'Delete for both' }).click();
  await phone.page.getByText('No answer yet').waitFor();
  await phone.picture('deleting-waits');
  await anna.start();
  await phone.page.getByText('No answer yet').waitFor({ state: 'detached' });
  t.deepEqual(await anna.api.texts(masha.address), ['one of hers']);

  // For how long it is kept is chosen for a contact and for all.
  const choice = desk.page.getByRole('combobox', { name: 'Keep messages here' });
  await choice.selectOption('30d');
  await eventually(async () => (await masha.api.contact(anna.address))?.retention === '30d');
  await phone.page.goto(`${masha.api.url}/settings`);
  await phone.page.getByRole('combobox', { name: 'Keep messages here' }).selectOption('1y');
  await phone.page.getByRole('switch', { name: /Friends may delete/ }).click();
  await eventually(async () => {
    const { settings } = (await masha.api.get('/api/me')).body as ApiMe;
    return settings.retention === '1y' && !settings.honour_deletion;
  });
  await phone.page.goto(`${masha.api.url}/c/${encodeURIComponent(anna.address)}`);

  // All of it, here.
  await desk.page.getByRole('button', { name: 'Delete all messages here' }).click();
  await desk.page.getByRole('button', { name: 'Delete all here' }).click();
  await message(phone.page, 'one of hers').waitFor({ state: 'detached' });
  t.deepEqual(await masha.api.texts(anna.address), []);
  t.deepEqual([...desk.complaints, ...phone.complaints, ...hers.complaints], []);
});
