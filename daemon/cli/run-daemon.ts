import { once } from 'node:events';
import type { CommandContext } from './command-context.ts';
import { start, type StartOptions } from './start.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** `vestnik start` in this process: the real daemon, stopped by the signals that mean it. */
export async function runDaemon(context: CommandContext, options: StartOptions): Promise<void> {
  const { startDaemon } = await import('../daemon.ts');
  const environment = { ...context.environment };
  // What is started from here, such as the browser, need not know it.
  Reflect.deleteProperty(process.env, 'VESTNIK_PASSPHRASE');
  const stopRequested = Promise.race(STOP_SIGNALS.map((signal) => once(process, signal)));
  await start({ ...context, environment }, options, { startDaemon, stopRequested });
}
