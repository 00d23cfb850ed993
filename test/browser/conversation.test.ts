import test from 'ava';
import { contactPath } from '../helpers/api.ts';
import { startBrowser } from '../helpers/browser.ts';
import { befriend, startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

test('two people find each other and talk, and a friend carries what one of them misses', async (t) => {
  const masha = await startDaemonProcess(t, { nick: 'Маша', host: '127.0.0.2' });
  const anna = await startDaemonProcess(t, { nick: 'Anna', host: '127.0.0.3' });
  const boris = await startDaemonProcess(t, { nick: 'Boris', host: '127.0.0.4' });
  await befriend(boris, anna);
  await befriend(boris, masha);
  const browser = await startBrowser(t);

  // Masha's list is empty but for Boris; she looks for Anna.
  const one = await browser.open(masha);
  await one.page.getByRole('link', { name: 'Add a friend' }).click();
  await one.page.getByLabel('Address or contact link').fill(masha.address);
  await one.page.getByText('That is your own address.').waitFor();
  await one.page.getByLabel('Address or contact link').fill(` ${anna.address} `);
  await one.page.getByText('an address on this computer').waitFor();
  await one.page.getByLabel('What do you call them?').fill('Anna');
  await one.page.getByRole('button', { name: 'Ask to talk' }).click();
  await one.page.getByText(/Waiting for .?Anna.? to accept/).waitFor();
  await one.picture('waiting-to-be-accepted');

  // Anna sees the request and accepts.
  const two = await browser.open(anna);
  await two.page.getByRole('button', { name: 'Accept' }).waitFor();
  await two.picture('contact-request');
  await two.page.getByRole('button', { name: 'Accept' }).click();
  await two.page.getByRole('textbox', { name: /^Message to/ }).waitFor();

  // They talk; both see it at once, and Masha that it arrived.
  await one.page.getByRole('textbox', { name: /Message to .?Anna/ }).fill('Hello, Anna');
  await one.page.keyboard.press('Enter');
  await two.page.getByRole('log').getByText('Hello, Anna').waitFor();
  await one.page
    .getByRole('log')
    .getByText(/has confirmed it, encrypted|read by/)
    .first()
    .waitFor({ state: 'attached' });
  await two.page.getByRole('textbox', { name: /^Message to/ }).fill('Привет!\nДве строки');
  await two.page.keyboard.press('Enter');
  await one.page.getByRole('log').getByText('Две строки').waitFor();
  await one.picture('conversation');

  // Anna goes away. Masha writes; it waits, and the daemon says why.
  await anna.stop();
  await one.page.getByRole('textbox', { name: /Message to .?Anna/ }).fill('Carry me');
  await one.page.keyboard.press('Enter');
  const row = one.page.getByRole('article').filter({ hasText: 'Carry me' });
  await row.getByText('waits for').waitFor({ state: 'attached' });

  // She lets Boris carry; what he carries for Anna is sealed.
  await one.page.goto(`${masha.api.url}/c/${encodeURIComponent(boris.address)}`);
  await one.page
    .getByRole('link', { name: /About .?Boris/ })
    .last()
    .click();
  await one.page.getByRole('switch', { name: /May carry my messages/ }).click();
  await one.page.goto(`${masha.api.url}/c/${encodeURIComponent(anna.address)}`);
  await row.getByText('carried by').waitFor({ state: 'attached' });
  await one.picture('carried');

  // Boris sees what he carries. Masha's computer dies; Anna comes back and has it from Boris.
  const three = await browser.open(boris);
  await three.page.goto(`${boris.api.url}/relay`);
  await three.page.getByText('Anna').last().waitFor();
  await three.picture('relay-ledger');
  await masha.kill();
  await one.page.getByText('Your daemon does not answer.').waitFor();
  await one.picture('daemon-away');
  await anna.start();
  const again = await browser.open(anna);
  await again.page.goto(`${anna.api.url}/c/${encodeURIComponent(masha.address)}`);
  await again.page.getByRole('log').getByText('Carry me').waitFor();
  await again.page
    .getByRole('log')
    .getByText(/via .?Boris/)
    .first()
    .waitFor({ state: 'attached' });
  await again.picture('brought-by-a-friend');

  // Masha is back, and learns that all of it was read; nobody has it twice.
  await masha.start();
  await eventually(async () =>
    (await masha.api.messages(anna.address)).every(
      ({ state, direction }) => direction === 'in' || state === 'read',
    ),
  );
  t.is((await anna.api.texts(masha.address)).filter((text) => text === 'Carry me').length, 1);
  t.is((await anna.api.get(contactPath(masha.address))).status, 200);
  t.deepEqual([...one.complaints, ...two.complaints, ...three.complaints, ...again.complaints], []);
});
