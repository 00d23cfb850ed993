import test from 'ava';
import { startBrowser } from '../helpers/browser.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { findBarriers } from '../helpers/find-barriers.ts';

const ADDRESS = '127.0.0.9:5000';
const BATCH_MESSAGES = 500;

/** Goes to a room, opens its search, and tells where letters land that are typed at once, before anything is painted. */
const HURRY = `(async () => {
  document.querySelector('a.conversation[href^="/r/"]').click();
  for (let i = 0; i < 20; i++) await null;
  document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'f', code: 'KeyF', ctrlKey: true, bubbles: true }),
  );
  for (let i = 0; i < 20; i++) await null;
  return document.activeElement?.getAttribute('aria-label');
})()`;

test('what was said long ago is found and shown where it was said', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  await masha.api.post('/api/contacts', { address: ADDRESS, nick: 'Anna' });
  for (let start = 0; start < 3 * BATCH_MESSAGES; start += BATCH_MESSAGES) {
    const messages = Array.from({ length: BATCH_MESSAGES }, (_, index) => ({
      message: start + index === 40 ? 'Ёлка стоит у окна' : `number ${start + index}`,
    }));
    await masha.api.post(`/api/conversations/${encodeURIComponent(ADDRESS)}/messages`, {
      messages,
    });
  }
  await masha.api.post('/api/rooms', { name: 'кухня' });
  for (const message of ['ёлку пора убрать', 'вымыть пол', 'вымыть чашки']) {
    await masha.api.post('/api/rooms/кухня/messages', { message });
  }
  await masha.api.send(ADDRESS, 'вымыть окно');
  const { page, picture, complaints } = await (await startBrowser(t)).open(masha);
  const log = page.getByRole('log');

  // In all conversations.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('ёлк окн');
  const found = page.getByRole('link', { name: /Ёлка стоит/ });
  await found.waitFor();
  t.deepEqual(await found.locator('mark').allTextContents(), ['Ёлк', 'окн']);
  await found.click();
  await log.getByText('Ёлка стоит у окна').waitFor();
  await log.getByText('number 41', { exact: true }).waitFor();
  t.true(page.url().includes('/m/'));
  await picture('search-all');

  // In this one, by the keyboard alone, from one to the next older one.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('number 14');
  await page
    .getByText(/^30 messages found|^Searching/)
    .first()
    .waitFor({ state: 'attached' });
  await page.locator('.find-in .found').first().waitFor();
  await page.keyboard.press('Enter');
  await log.getByText('number 1499', { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.find-in .found[aria-current]', { hasText: 'number 1498' }).waitFor();
  await picture('search-one');
  t.deepEqual(await findBarriers(page), []);
  await page.keyboard.press('Escape');
  await page.locator('.find-in').waitFor({ state: 'detached' });

  // Also what was said in a room.
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('ёлк');
  const said = page.getByRole('link', { name: /кухня.*You: ёлку пора/ });
  await said.waitFor();
  await picture('search-room');
  await said.click();
  await log.getByText('ёлку пора убрать').waitFor();
  t.true(decodeURIComponent(page.url()).endsWith('/r/кухня/e/2'));

  // And in that room alone.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('вымыт');
  await page.locator('.find-in .found').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.find-in .found[aria-current]', { hasText: 'вымыть чашки' }).waitFor();
  t.true(decodeURIComponent(page.url()).endsWith('/r/кухня/e/4'));
  await page.keyboard.press('Enter');
  await page.locator('.find-in .found[aria-current]', { hasText: 'вымыть пол' }).waitFor();
  await picture('search-one-room');
  t.deepEqual(await findBarriers(page), []);
  await page.getByRole('button', { name: 'Close the search' }).first().click();
  await page.getByRole('button', { name: 'Find in this room' }).waitFor();

  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('nothing like that');
  await page.getByText('No message has all these words.').waitFor();

  // Whoever goes somewhere and types at once finds there, and loses no letter.
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: /Anna/ }).first().click();
  await log.getByText('вымыть окно').waitFor();
  t.regex(String(await page.evaluate(HURRY)), /^Find in the room .?кухня/);
  t.deepEqual(complaints, []);
});
