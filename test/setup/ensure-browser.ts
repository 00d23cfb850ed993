/**
 * Makes sure that there is a Chromium for the browser tests: finds one, or installs the system's package.
 *
 * Run before the tests; ends with 1 and says what to do when there is none and none can be had.
 */
import { spawnSync } from 'node:child_process';
import { findBrowser } from '../helpers/find-browser.ts';

const APT_TIMEOUT_MS = 600_000;

if (findBrowser() === undefined) {
  installChromium();
  if (findBrowser() === undefined) {
    console.error(
      'The browser tests need Chromium, and it could not be installed.\n' +
        'Install it (on Debian: apt-get install chromium), or set CHROMIUM_PATH to where it is.',
    );
    process.exitCode = 1;
  }
}

/** Tries to install Debian's package; does nothing where that takes rights or tools that are not there. */
function installChromium(): void {
  const isRoot = process.getuid?.() === 0;
  if (!succeeds('apt-get', ['--version']) || (!isRoot && !succeeds('sudo', ['-n', 'true']))) return;
  console.error('Installing Chromium for the browser tests …');
  apt(isRoot, ['update']);
  apt(isRoot, ['install', '--yes', '--no-install-recommends', 'chromium']);
}

function apt(isRoot: boolean, parameters: readonly string[]): void {
  const words = ['apt-get', '--quiet', '-o', 'DPkg::Lock::Timeout=120', ...parameters];
  const [command = '', ...rest] = isRoot ? words : ['sudo', '-n', ...words];
  spawnSync(command, rest, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: APT_TIMEOUT_MS,
  });
}

function succeeds(command: string, parameters: readonly string[]): boolean {
  return spawnSync(command, parameters, { stdio: 'ignore' }).status === 0;
}
