import test from 'ava';
import { conversationPath } from '../helpers/api.ts';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess } from '../helpers/daemon-process.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 3_000);
const PER_REQUEST = 500;

test('what waited for who was away is shown down to the newest, as it comes', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  await masha.api.send(anna.address, 'before');
  const { page, picture, complaints } = await (await startBrowser(t)).open(anna);
  await page.goto(`${anna.api.url}/c/${encodeURIComponent(masha.address)}`);
  const log = page.getByRole('log');
  await log.getByText('before', { exact: true }).waitFor();

  await anna.freeze();
  for (let first = 0; first < MESSAGES; first += PER_REQUEST) {
    const messages = Array.from({ length: PER_REQUEST }, (_, index) => ({
      // Of several lines, so that none is as high as a row is guessed to be.
      message: `number ${first + index}\nand more\nand more`,
    }));
    await masha.api.post(conversationPath(anna.address), { messages });
  }
  const startedAt = performance.now();
  anna.thaw();

  await log.getByText(`number ${MESSAGES - 1}`).waitFor();
  await page.locator('.to-newest').waitFor({ state: 'detached' });
  t.log(`${MESSAGES} messages after ${Math.round(performance.now() - startedAt)} ms`);
  await picture('all-that-waited');
  t.deepEqual(complaints, []);
});
