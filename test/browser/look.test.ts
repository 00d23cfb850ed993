import test from 'ava';
import type { Page } from 'playwright-core';
import { contactPath } from '../helpers/api.ts';
import { befriendBasePeer } from '../helpers/befriend-base-peer.ts';
import { startBrowser, type Screen } from '../helpers/browser.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { findBarriers } from '../helpers/find-barriers.ts';

async function openSafetyNumber(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(Compare safety number|Сверить код)/ }).click();
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
  await page.getByText(/^(By code|Кодом)/).click();
}

/** Goes elsewhere as a link of the page does, without loading it anew. */
async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

async function chooseMessages(page: Page): Promise<void> {
  await page.getByRole('article').filter({ hasText: 'antenna' }).getByRole('button').last().click();
  await page.getByRole('button', { name: /^(Choose several|Выбрать несколько)/ }).click();
  await page.getByRole('checkbox').first().waitFor();
}

/** Writes something that the daemon can't take: it stands still until the page was looked at. */
async function writeInVain(page: Page, daemon: DaemonProcess): Promise<void> {
  await daemon.freeze();
  await page.getByRole('textbox', { name: /Anna/ }).fill('Not even here yet');
  await page.keyboard.press('Enter');
  await page.locator('.message.is-pending').waitFor();
}

/** Screens that come from the daemon: the first, and those where something of the one before would still be open. */
const LOADED: readonly string[] = ['list', 'choosing', 'details', 'compare', 'plain'];

const SCREENS: Readonly<Record<string, Screen>> = {
  'light-en': { colorScheme: 'light', locale: 'en-US' },
  'dark-ru': { colorScheme: 'dark', locale: 'ru-RU' },
  'phone-light-ru': { colorScheme: 'light', locale: 'ru-RU', isPhone: true },
  'phone-dark-en': { colorScheme: 'dark', locale: 'en-US', isPhone: true },
};

test('every screen has no barrier, breaks no rule of its own and asks nobody else, in every look', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  const boris = await startDaemonProcess(t, { nick: 'Boris', host: '127.0.0.4' });
  await befriend(masha, anna);
  await boris.api.post('/api/contacts', { address: masha.address });
  const old = await befriendBasePeer(t, masha, { host: '127.0.0.5', nick: 'Old friend' });
  await masha.api.send(old.address, 'A postcard.');
  const gone = await befriendBasePeer(t, masha, { host: '127.0.0.6', nick: 'Nobody any more' });
  await masha.api.send(gone.address, 'Leave me alone.');
  await masha.api.post(`${contactPath(gone.address)}/block`);
  await anna.api.send(masha.address, 'I am moving the daemon to the router tonight.');
  await masha.api.send(anna.address, 'Go ahead. See https://example.org/ for the antenna.');
  await masha.api.send(anna.address, 'שלום \u202e gnp.exe \u0007'.repeat(3));
  await anna.api.send(masha.address, 'long '.repeat(800));
  await eventually(async () => (await masha.api.contacts()).length === 4);
  await eventually(async () => (await masha.api.texts(anna.address)).length === 4);
  const browser = await startBrowser(t);

  for (const [look, screen] of Object.entries(SCREENS)) {
    const { page, picture, complaints } = await browser.open(masha, screen);
    const talk = `/c/${encodeURIComponent(anna.address)}`;
    const paths = {
      list: ['/', /^(Conversations|Разговоры)$/],
      talk: [talk, 'Anna'],
      choosing: [talk, 'Anna'],
      details: [`${talk}?details`, 'Anna'],
      compare: [`${talk}?details`, 'Anna'],
      plain: [`/c/${encodeURIComponent(old.address)}`, 'Old friend'],
      'plain-details': [`/c/${encodeURIComponent(old.address)}?details`, 'Old friend'],
      add: ['/add', /^(Add a friend|Добавить друга)$/],
      settings: ['/settings', /^(Settings|Настройки)$/],
      relay: ['/relay', /^(What you carry|Что вы передаёте) /],
      search: ['/search?q=antenna', /^(Conversations|Разговоры)$/],
      pending: [talk, 'Anna'],
    } as const;
    for (const [name, [path, heading]] of Object.entries(paths)) {
      if (LOADED.includes(name)) await page.goto(masha.api.url + path);
      else await follow(page, path);
      await page
        .getByText(/connected|на связи/)
        .first()
        .waitFor({ state: 'attached' });
      // Connected is not yet drawn: the contacts may still be on their way.
      await page.locator('h1', { hasText: heading }).first().waitFor({ state: 'attached' });
      // Details are fetched when they are shown for the first time.
      if (path.endsWith('details')) await page.locator('.details-face').waitFor();
      if (path === talk) await page.getByRole('log').getByText('antenna').waitFor();
      if (name === 'choosing') await chooseMessages(page);
      if (name === 'search') await page.locator('mark').first().waitFor();
      if (name === 'compare') await openSafetyNumber(page);
      if (name === 'pending') await writeInVain(page, masha);
      await picture(`${look}-${name}`);
      t.deepEqual(await findBarriers(page), [], `${look} ${name}`);
    }
    masha.thaw();
    t.deepEqual(complaints, [], look);
    await page.context().close();
  }
});

test('from nothing to a friend: name, address, request', async (t) => {
  const fresh = await startDaemonProcess(t, { nick: '', host: '127.0.0.2' });
  const friend = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  const { page, picture, complaints } = await (await startBrowser(t)).open(fresh);

  await page.getByRole('heading', { name: 'Your own messenger is running.' }).waitFor();
  await page.getByLabel('Your name').fill('Маша');
  await page.getByLabel('Your name').press('Enter');
  await eventually(
    async () => ((await fresh.api.get('/api/me')).body as { nick: string }).nick === 'Маша',
  );
  await page.getByRole('button', { name: 'Show QR' }).click();
  await page.getByRole('img', { name: /QR code of/ }).waitFor();
  await picture('first-run');
  t.deepEqual(await findBarriers(page), []);
  await page.getByLabel('Address or contact link').fill('not yet');
  await page.getByText(/Not an address yet/).waitFor();
  await page.getByLabel('Address or contact link').fill(`vestnik://${friend.address}/`);
  await page.getByRole('button', { name: 'Ask to talk' }).click();
  await page
    .getByText(/Waiting for/)
    .first()
    .waitFor();

  const request = await eventually(() => friend.api.contact(fresh.address));
  t.is(request.nick, 'Маша');
  t.deepEqual(complaints, []);
});

test('two browsers of one owner share drafts, unread counts and settings', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  await befriend(masha, anna);
  const browser = await startBrowser(t);
  const desk = await browser.open(masha);
  const phone = await browser.open(masha, { isPhone: true });
  const path = `${masha.api.url}/c/${encodeURIComponent(anna.address)}`;
  await desk.page.goto(path);
  await phone.page.goto(path);

  const own = desk.page.getByRole('textbox', { name: /Message to/ });
  const field = phone.page.getByRole('textbox', { name: /Message to/ });
  const note = phone.page.getByText('You are writing in another browser.');
  // Told once, for some seconds, and to those alone who listen by then.
  await eventually(async () => {
    if (await note.isVisible()) return true;
    await own.fill('');
    await own.fill('half a thou');
    return false;
  });
  await eventually(async () => (await field.inputValue()) === 'half a thou');
  await desk.page.keyboard.press('Enter');
  await phone.page.getByRole('log').getByText('half a thou').waitFor();
  await eventually(async () => (await field.inputValue()) === '');

  // Both write at once: nobody's letters are lost, and everybody's cursor stays where it was in the text.
  await own.fill('the lake');
  await eventually(async () => (await field.inputValue()) === 'the lake');
  await field.press('Home');
  await Promise.all([
    own.pressSequentially(' at six, or seven', { delay: 5 }),
    field.pressSequentially('down at ', { delay: 5 }),
  ]);
  const both = 'down at the lake at six, or seven';
  await eventually(async () => (await own.inputValue()) === both);
  await eventually(async () => (await field.inputValue()) === both);
  await own.fill('');

  await phone.page.goto(`${masha.api.url}/settings`);
  await phone.page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await eventually(async () => {
    const paper = await desk.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    return paper === 'rgb(17, 21, 26)';
  });

  // So is what friends see of them.
  await desk.page.getByLabel('How friends see you').selectOption('Busy');
  await phone.page
    .getByRole('radio', { name: 'Busy' })
    .and(phone.page.locator(':checked'))
    .waitFor({
      state: 'attached',
    });
  await eventually(async () => (await anna.api.contact(masha.address))?.presence === 'busy');

  // Whether friends are told what was read is the owner's setting, too.
  await desk.page.goto(`${masha.api.url}/settings`);
  const receipts = (page: Page) => page.getByRole('switch', { name: /^Tell friends/ });
  const wasOn = await receipts(desk.page).isChecked();
  await receipts(phone.page).click();
  await eventually(async () => (await receipts(desk.page).isChecked()) !== wasOn);
  t.deepEqual([...desk.complaints, ...phone.complaints], []);
});

test('ten thousand messages are a page like any other', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const address = '127.0.0.9:5000';
  await masha.api.post('/api/contacts', { address, nick: 'Anna' });
  for (let batch = 0; batch < 20; batch++) {
    const messages = Array.from({ length: 500 }, (_, i) => ({
      message: `number ${batch * 500 + i}`,
    }));
    await masha.api.post(`/api/conversations/${encodeURIComponent(address)}/messages`, {
      messages,
    });
  }
  const { page, complaints } = await (await startBrowser(t)).open(masha);

  await page.goto(`${masha.api.url}/c/${encodeURIComponent(address)}`);
  const log = page.getByRole('log');
  await log.getByText('number 9999').waitFor();
  const oldest = async (): Promise<number> => {
    const text = await page.getByRole('article').first().textContent();
    // The time follows without a gap.
    return Number(/number (\d{1,4})/.exec(text ?? '')?.[1] ?? Infinity);
  };
  await eventually(async () => {
    await log.evaluate((element) => {
      element.scrollTo(0, 0);
    });
    return (await oldest()) < 9700;
  });

  t.true((await page.getByRole('article').count()) < 200);
  t.deepEqual(complaints, []);
});
