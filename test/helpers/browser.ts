import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import {
  chromium,
  type Browser as Chromium,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import type { DaemonProcess } from './daemon-process.ts';
import { PATIENCE_MS } from './eventually.ts';
import { findBrowser } from './find-browser.ts';

const PICTURES = fileURLToPath(new URL('../../screenshots/', import.meta.url));
/** Taking and packing them costs a third of a test's time, and only people look at them. */
const HAS_PICTURES = process.env['PICTURES'] === '1';
/** Nothing of the browser's own may go out, and it must start as root. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a person has in front of them. */
export type Screen = Readonly<{
  locale?: 'en-US' | 'ru-RU';
  colorScheme?: 'light' | 'dark';
  /** Phone width, with touch. */
  isPhone?: boolean;
}>;

/** A page of the GUI, and what went wrong on it. */
export interface GuiPage {
  readonly page: Page;
  /** Errors of scripts, violations of the content security policy, requests to anybody but the daemon. */
  readonly complaints: readonly string[];
  /** Keeps a picture of it below `build/screenshots`, if `PICTURES` is 1. */
  readonly picture: (name: string) => Promise<void>;
}

/** A browser that ends with the test. */
export interface Browser {
  /** Opens a daemon's GUI as its owner would, with a link that works once. Every page is a browser of its own. */
  open(daemon: DaemonProcess, screen?: Screen): Promise<GuiPage>;
  /** Opens a link as it stands. */
  visit(link: string): Promise<GuiPage>;
}

export async function startBrowser(t: ExecutionContext): Promise<Browser> {
  const chromium = await borrowChromium(t);
  return {
    visit: (link) => visit(link),
    async open(daemon, screen = {}) {
      const visited = await visit(await linkTo(daemon), screen);
      const { page } = visited;
      // Leaving the page before it has exchanged its ticket would lose it.
      await page
        .getByText(/connected|на связи/)
        .first()
        .waitFor();
      return visited;
    },
  };

  async function visit(link: string, screen: Screen = {}): Promise<GuiPage> {
    const context = await chromium.newContext(toOptions(screen));
    context.setDefaultTimeout(PATIENCE_MS);
    t.teardown(() => context.close());
    const page = await context.newPage();
    const complaints = listen(page, new URL(link).origin);
    await page.goto(link);
    return { page, complaints, picture: (name) => takePicture(page, name) };
  }
}

/** The one that runs, and how many tests of this process use it: a context of it is as alone as a browser of its own. */
const shared: { users: number; chromium: Promise<Chromium> | undefined } = {
  users: 0,
  chromium: undefined,
};

/** A Chromium that ends with the last of those tests that use it at the same time. */
function borrowChromium(t: ExecutionContext): Promise<Chromium> {
  shared.users += 1;
  shared.chromium ??= launchChromium();
  const { chromium } = shared;
  t.teardown(async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.chromium = undefined;
    await (await chromium).close();
  });
  return chromium;
}

function launchChromium(): Promise<Chromium> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('there is no browser; npm test installs one');
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: PATIENCE_MS });
}

/** A fresh link; from a daemon that speaks TLS the one that it printed, which is good for one browser. */
async function linkTo({ api, loginUrl }: DaemonProcess): Promise<string> {
  if (loginUrl.startsWith('https:')) return loginUrl;
  const { body } = await api.post('/api/login-link');
  return (body as { url: string }).url;
}

function toOptions({
  locale = 'en-US',
  colorScheme = 'light',
  isPhone = false,
}: Screen): BrowserContextOptions {
  const viewport = isPhone ? { width: 390, height: 800 } : { width: 1280, height: 800 };
  const screen = { locale, colorScheme, viewport, hasTouch: isPhone, isMobile: isPhone };
  // Of a certificate that a test has made nobody knows the issuer.
  return { ...screen, ignoreHTTPSErrors: true };
}

function listen(page: Page, origin: string): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A daemon that is away is no mistake of the page's.
    const isAway =
      message.text().includes('ERR_CONNECTION') || message.text().includes('WebSocket');
    if (message.type() === 'error' && !isAway) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== origin) complaints.push(request.url());
  });
  return complaints;
}

async function takePicture(page: Page, name: string): Promise<void> {
  if (!HAS_PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` });
}
