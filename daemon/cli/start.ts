import { loadConfig } from '../config.ts';
import type { Config } from '../config.ts';
import type { RunningDaemon } from '../running-daemon.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import type { AskPassphrase } from '../stores/identity-file.ts';
import { openBrowser } from './open-browser.ts';
import { passphraseSource } from './passphrase-source.ts';
import { tell } from './tell.ts';

export type StartOptions = Readonly<{
  peer?: string;
  gui?: string;
  hub?: string;
  address?: string;
  nick?: string;
  open?: boolean;
  passphraseFile?: string;
}>;

/** What `start` takes from outside, so that tests can run it without a process of its own. */
export type StartPorts = Readonly<{
  startDaemon: (config: Config, askPassphrase: AskPassphrase) => Promise<RunningDaemon>;
  /** Resolves when the daemon is to stop. */
  stopRequested: Promise<unknown>;
}>;

/** Longest that a clean stop may take. Source: docs/gui-api.md#command-line. */
const STOP_TIMEOUT_MS = 5000;
const NAME_COLUMNS = 6;

/** `vestnik start`: runs the daemon until it is told to stop. */
export async function start(
  context: CommandContext,
  options: StartOptions,
  { startDaemon, stopRequested }: StartPorts,
): Promise<void> {
  const config = await loadConfig({
    dataFolder: context.dataFolder,
    environment: context.environment,
    flags: flagsOf(options),
  });
  const askPassphrase = passphraseSource(context, options.passphraseFile);
  const daemon = await startDaemon(config, askPassphrase);
  announce(context, daemon);
  if (options.open === true) await openBrowser(daemon.loginUrl, config.dataFolder);
  await stopRequested;
  await stopInTime(daemon);
}

function flagsOf({
  peer,
  gui,
  hub,
  address,
  nick,
}: StartOptions): Readonly<Record<string, string>> {
  const flags = { 'peer.listen': peer, 'gui.listen': gui, 'hub.listen': hub, address, nick };
  return Object.fromEntries(
    Object.entries(flags).filter((flag): flag is [string, string] => flag[1] !== undefined),
  );
}

function announce(context: CommandContext, daemon: RunningDaemon): void {
  const links = new Map([
    ['gui', daemon.loginUrl],
    ['debugger', daemon.debuggerUrl],
  ]);
  const urls = daemon.listeners.map(({ name, url }) => ({ name, url: links.get(name) ?? url }));
  const lines = urls.map(({ name, url }) => `${name.padEnd(NAME_COLUMNS)} ${url}`);
  tell(context, { listeners: urls }, () => [...lines, 'ready'].join('\n'));
}

async function stopInTime(daemon: RunningDaemon): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CommandError('refused', 'stopping took too long; ended without waiting'));
    }, STOP_TIMEOUT_MS);
  });
  await Promise.race([daemon.stop(), tooLate]).finally(() => clearTimeout(timer));
}
