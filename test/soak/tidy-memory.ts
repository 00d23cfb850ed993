/**
 * What memory a daemon needs, in contrast to what it has: V8 lets garbage lie for minutes, and how much of it differs by
 * ten MiB from one minute to the next.
 */
import { fileURLToPath } from 'node:url';
import type { DaemonOptions, DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { decodeTidyMemories, type TidyMemory } from './tidy-line.ts';

/** A daemon may stand still for as long as a fault lasts. */
const TIMEOUT_MS = 120_000;

/** How a daemon is started that can be asked: as a service (`packaging/vestnik.service`). */
export const TIDY_ON_SIGNAL = {
  nodeArguments: ['--import', fileURLToPath(new URL('tidy-on-signal.js', import.meta.url))],
  environment: { MALLOC_MMAP_THRESHOLD_: '131072' },
} as const satisfies DaemonOptions;

/** Lets a daemon of {@link TIDY_ON_SIGNAL} collect its garbage. @throws It says nothing for two minutes. */
export async function tidyMemoryOf(daemon: DaemonProcess): Promise<TidyMemory> {
  const before = decodeTidyMemories(daemon.log).length;
  process.kill(daemon.pid, 'SIGUSR2');
  return eventually(() => decodeTidyMemories(daemon.log)[before], { timeoutMs: TIMEOUT_MS });
}
