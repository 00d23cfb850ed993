import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { contactPath } from '../helpers/api.ts';
import { befriendBasePeer } from '../helpers/befriend-base-peer.ts';
import { startBrowser, type GuiPage } from '../helpers/browser.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

/** Opens the conversation of a daemon with a peer, the details beside it. */
async function openTalk({ page }: GuiPage, daemon: DaemonProcess, address: string): Promise<void> {
  await page.goto(`${daemon.api.url}/c/${encodeURIComponent(address)}?details`);
  await page.getByRole('textbox', { name: /^Message to/ }).waitFor();
}

async function trustOf(daemon: DaemonProcess, address: string): Promise<string | undefined> {
  return (await daemon.api.contact(address))?.trust;
}

async function readSafetyNumber(page: Page): Promise<readonly string[]> {
  await page.getByRole('button', { name: 'Compare safety number' }).click();
  const groups = page.getByRole('dialog').getByRole('listitem');
  await groups.first().waitFor();
  return groups.allTextContents();
}

/** The badge at the top of the conversation. */
const badge = (page: Page, word: string) => page.getByRole('link', { name: word, exact: true });

/** The same computer with a new daemon: all data gone, so another identity answers at the same address. */
async function setUpAnew(daemon: DaemonProcess): Promise<void> {
  await daemon.stop();
  for (const name of await readdir(daemon.data)) {
    await rm(join(daemon.data, name), { recursive: true });
  }
  await daemon.start();
}

test('two people compare their numbers and know that nobody stands between them', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  await eventually(async () => (await trustOf(masha, anna.address)) === 'tofu');
  await eventually(async () => (await trustOf(anna, masha.address)) === 'tofu');
  const browser = await startBrowser(t);
  const one = await browser.open(masha);
  const two = await browser.open(anna);
  await openTalk(one, masha, anna.address);
  await openTalk(two, anna, masha.address);

  // Both screens show the same sixty digits.
  await badge(one.page, 'Encrypted, not verified').waitFor();
  const number = await readSafetyNumber(one.page);
  t.is(number.length, 12);
  t.true(number.every((group) => /^\d{5}$/.test(group)));
  t.deepEqual(await readSafetyNumber(two.page), number);
  await one.picture('safety-number');

  // A wrong digit is seen while it is typed; then the right ones.
  await one.page.getByText('By code or by pasting').click();
  const field = one.page.getByLabel(/What .?Anna.?’s screen shows/);
  await field.fill(`${number.slice(0, 2).join(' ')} 0000x`.replace('x', '0'));
  await one.page.getByText('Then somebody may stand between you.').waitFor();
  await field.fill(number.join(' '));
  await one.page.getByText('It is the same.').waitFor();
  await one.page.getByRole('button', { name: 'It matches: mark as verified' }).click();
  await badge(one.page, 'Encrypted, verified').waitFor();
  t.is(await trustOf(masha, anna.address), 'verified');
  t.is(await trustOf(anna, masha.address), 'tofu');

  // Verification can be taken back.
  await one.page.getByRole('button', { name: 'Show safety number' }).click();
  await one.page.getByRole('button', { name: 'Undo the verification' }).click();
  await badge(one.page, 'Encrypted, not verified').waitFor();
  t.is(await trustOf(masha, anna.address), 'tofu');
  t.deepEqual([...one.complaints, ...two.complaints], []);
});

test('a friend who was added by a contact link is known from the start', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  const browser = await startBrowser(t);
  const one = await browser.open(masha);
  const two = await browser.open(anna);

  // Masha makes a link and gives it to Anna.
  await one.page.getByRole('button', { name: 'Make a contact link' }).click();
  const made = one.page.getByText(/^vestnik:\/\//);
  await made.waitFor();
  const link = (await made.textContent()) ?? '';
  await one.page.getByText(/Works once, until/).waitFor();
  await one.picture('contact-link');

  // A link that lost its end is noticed; the whole one says that it is checked.
  const field = two.page.getByLabel('Address or contact link');
  await field.fill(link.slice(0, -3));
  await two.page.getByText(/This contact link is not whole/).waitFor();
  await field.fill(link);
  await two.page.getByText(/Its fingerprint will be checked/).waitFor();
  await two.page.getByRole('button', { name: 'Ask to talk' }).click();
  await two.page.getByText(/whoever answers has to prove/).waitFor();

  // Masha sees who asks, and that it encrypts.
  await one.page.getByText('says that it encrypts; checked when you accept').waitFor();
  await one.page.getByRole('button', { name: 'Accept' }).click();
  await badge(two.page, 'Encrypted, not verified').waitFor();
  await eventually(async () => (await trustOf(anna, masha.address)) === 'invited');
  t.deepEqual([...one.complaints, ...two.complaints], []);
});

test('another identity in a friend’s place is loud, and nothing is sent before the owner decides', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  await eventually(async () => (await trustOf(masha, anna.address)) === 'tofu');
  await masha.api.post(`${contactPath(anna.address)}/verify`);
  const one = await (await startBrowser(t)).open(masha);
  await openTalk(one, masha, anna.address);
  await badge(one.page, 'Encrypted, verified').waitFor();

  // Anna's computer is set up anew, and asks to talk.
  await setUpAnew(anna);
  await anna.api.post('/api/contacts', { address: masha.address });
  await badge(one.page, 'Identity changed').waitFor();
  await one.page
    .getByRole('alert')
    .getByText(/comes with another identity/)
    .waitFor();
  await one.page.getByRole('textbox', { name: /^Message to/ }).fill('Is that you?');
  await one.page.keyboard.press('Enter');
  await one.page.getByText(/Kept and not sent until you have decided/).waitFor();
  await one.picture('identity-changed');
  await eventually(async () => (await masha.api.texts(anna.address)).includes('Is that you?'));

  // What the page says of the newcomer is what the newcomer's own page says.
  const { body } = await anna.api.get('/api/me');
  const shown = one.page.getByLabel(/What .?Anna.?’s screen shows/);
  await shown.fill((body as { fingerprint: string }).fingerprint);
  await one.page.getByText('It is the same.').waitFor();
  await one.page.getByText('Safety number with the new one').waitFor();

  // To let go of what was compared takes a second look.
  await one.page.getByRole('button', { name: 'Accept the new one' }).click();
  const dialog = one.page.getByRole('dialog');
  t.true(await dialog.getByRole('button', { name: 'Accept the new one' }).isDisabled());
  await dialog.getByRole('button', { name: 'Not now' }).click();
  t.not(await masha.api.contact(anna.address).then((c) => c?.other_info.candidate), null);
  await one.page.getByRole('button', { name: 'Accept the new one' }).click();
  await dialog.getByRole('textbox').fill('May be a  stranger');
  await dialog.getByRole('button', { name: 'Accept the new one' }).click();

  await badge(one.page, 'Encrypted, not verified').waitFor();
  await eventually(async () => (await anna.api.texts(masha.address)).includes('Is that you?'));
  t.is(await trustOf(masha, anna.address), 'tofu');
  t.deepEqual(one.complaints, []);
});

test('the former identity can be kept', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  await eventually(async () => (await trustOf(masha, anna.address)) === 'tofu');
  await setUpAnew(anna);
  await anna.api.post('/api/contacts', { address: masha.address });
  const one = await (await startBrowser(t)).open(masha);
  await openTalk(one, masha, anna.address);
  await badge(one.page, 'Identity changed').waitFor();

  await anna.stop();
  await one.page.getByRole('button', { name: 'Keep the former' }).click();

  await badge(one.page, 'Encrypted, not verified').waitFor();
  t.is((await masha.api.contact(anna.address))?.other_info.candidate, null);
  t.deepEqual(one.complaints, []);
});

test('a friend whose daemon does not encrypt is marked on every screen', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Masha', host: '127.0.0.2' });
  const peer = await befriendBasePeer(t, masha, { host: '127.0.0.4', nick: 'Old' });
  const browser = await startBrowser(t);

  for (const isPhone of [false, true]) {
    const { page, picture, complaints } = await browser.open(masha, { isPhone });
    await page.getByText('Not end-to-end encrypted').first().waitFor({ state: 'attached' });
    await page.goto(`${masha.api.url}/c/${encodeURIComponent(peer.address)}`);
    await page.getByRole('textbox', { name: /^Message to/ }).fill('a postcard');
    await page.getByRole('button', { name: 'Send, not end-to-end encrypted' }).click();
    const row = page.getByRole('article').filter({ hasText: 'a postcard' }).last();
    await row.getByText('not end-to-end encrypted').waitFor();
    // In the head and beside the button, in words that can be seen.
    await page.getByRole('link', { name: /^Not end-to-end encrypted/ }).waitFor();
    await page.locator('form').getByText('not end-to-end encrypted').waitFor();
    await picture(`plain-${isPhone ? 'phone' : 'desktop'}`);
    t.deepEqual(complaints, []);
    await page.context().close();
  }
  await eventually(() => peer.texts.filter((text) => text === 'a postcard').length === 2);
});
