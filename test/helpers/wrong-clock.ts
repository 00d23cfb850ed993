import { fileURLToPath } from 'node:url';

const SHIM = fileURLToPath(new URL('./clock-shim.js', import.meta.url));

/** How a daemon's wall clock is wrong, all in milliseconds. */
export type WrongClock = Readonly<{
  /** What it shows when the daemon starts, since 1970. */
  at?: number;
  /** How far it is ahead of the right one. */
  ahead?: number;
  /** By how much it jumps … */
  step?: number;
  /** … each time that so much has passed. */
  every?: number;
}>;

/** Environment of a daemon that has this clock. */
export function wrongClock(clock: WrongClock): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${SHIM}`, CLOCK_SHIM: JSON.stringify(clock) };
}
