/** Security test row 27, in a real browser under the real content security policy (G8, G9). */
import test from 'ava';
import { NICK_MAX_LENGTH } from '../../daemon/wire/gui-limits.ts';
import { contactPath, conversationPath } from '../helpers/api.ts';
import { startBrowser, type GuiPage } from '../helpers/browser.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { HACKED, HOSTILE_TEXTS } from '../helpers/hostile-texts.ts';

/** Nobody listens there, so whatever is written stays where it is. */
const NOBODY = '127.0.0.1:9';
const BATCH = 100;
const NAMES = 30;

/** What the page has made of texts: elements that are none of text, a, bdi, br; and where links lead. */
type Seen = Readonly<{ ids: string[]; elements: string[]; protocols: string[]; isHacked: boolean }>;

/** Looks at the messages that are shown now, and goes on to older ones. */
function lookAndGoUp({ page }: GuiPage): Promise<Seen> {
  return page.evaluate((hacked) => {
    const texts = [...document.querySelectorAll('.message-text')];
    const inside = texts.flatMap((text) => [...text.querySelectorAll('*')]);
    const scroller = document.querySelector('.log');
    scroller?.scrollBy(0, -scroller.clientHeight);
    return {
      ids: [...document.querySelectorAll<HTMLElement>('[data-id]')].map(
        ({ dataset }) => dataset['id'] ?? '',
      ),
      elements: inside.map(({ tagName }) => tagName),
      protocols: [...document.querySelectorAll<HTMLAnchorElement>('.message-text a')].map(
        ({ protocol }) => protocol,
      ),
      isHacked: hacked in window,
    };
  }, HACKED);
}

async function write({ api }: DaemonProcess, texts: readonly string[]): Promise<readonly string[]> {
  const ids = texts.map((_, index) => `hostile-${index}`);
  for (let i = 0; i < texts.length; i += BATCH) {
    const messages = texts.slice(i, i + BATCH).map((message, at) => ({ message, id: ids[i + at] }));
    const { status, body } = await api.post(conversationPath(NOBODY), { messages });
    if (status !== 201) throw new Error(`refused: ${JSON.stringify(body)}`);
  }
  return ids;
}

test('row 27: no message and no name makes the browser do anything', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.api.post('/api/contacts', { address: NOBODY });
  const texts = HOSTILE_TEXTS.filter((text) => text.trim() !== '');
  const ids = await write(daemon, texts);
  const names = texts.filter(({ length }) => length <= NICK_MAX_LENGTH).slice(0, NAMES);
  for (const [index, nick] of names.entries()) {
    await daemon.api.post('/api/contacts', { address: `127.0.0.1:${10 + index}`, nick });
  }
  await daemon.api.patch(contactPath(NOBODY), { nick: names[0] });
  const browser = await startBrowser(t);
  const gui = await browser.open(daemon);

  await gui.page.goto(`${daemon.api.url}/c/${encodeURIComponent(NOBODY)}`);
  await gui.page.locator(`[data-id="${ids.at(-1)}"]`).waitFor();
  const seen = new Set<string>();
  for (let still = 0; seen.size < ids.length && still < 50; still++) {
    const before = seen.size;
    const { elements, protocols, isHacked, ...shown } = await lookAndGoUp(gui);
    t.deepEqual(
      [...new Set(elements)].filter((name) => !['A', 'BR', 'BDI'].includes(name)),
      [],
    );
    t.deepEqual(
      [...new Set(protocols)].filter((one) => !/^(?:https?|mailto):$/.test(one)),
      [],
    );
    t.false(isHacked);
    for (const id of shown.ids) seen.add(id);
    if (seen.size > before) still = 0;
    await gui.page.evaluate(() => new Promise(requestAnimationFrame));
  }

  t.is(seen.size, ids.length);
  t.is(await gui.page.locator('.conversation').count(), names.length + 1);
  t.deepEqual(gui.complaints, []);
  t.false(await gui.page.evaluate((hacked) => hacked in window, HACKED));
});
