import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const OPENER: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
const DEFAULT_OPENER = ['xdg-open'];

/**
 * Opens a login link in the owner's browser, by way of a private file: every user of the machine can read a
 * command's arguments, and must not find a ticket there.
 *
 * @param url Has a one-time ticket in its fragment.
 */
export async function openBrowser(url: string, dataFolder: string): Promise<void> {
  const path = join(dataFolder, 'open-gui.html');
  await writeFile(path, redirectPage(url), { mode: 0o600 });
  const [command = '', ...parameters] = OPENER[process.platform] ?? DEFAULT_OPENER;
  const opener = spawn(command, [...parameters, pathToFileURL(path).href], {
    detached: true,
    env: withoutPassphrase(process.env),
    stdio: 'ignore',
  });
  // Without a browser there is still the link that was printed.
  opener.on('error', () => undefined);
  opener.unref();
}

/** A browser has no use for it, and whatever it starts could read it there. */
function withoutPassphrase(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => name !== 'VESTNIK_PASSPHRASE'),
  );
}

function redirectPage(url: string): string {
  const { href } = new URL(url);
  return `<!doctype html><meta http-equiv="refresh" content="0;url=${href}"><a href="${href}">vestnik</a>\n`;
}
