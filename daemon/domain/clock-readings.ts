import type { Clock, ClockReading } from './ports.ts';

const DAY_MS = 86_400_000;

type Dependencies = Readonly<{
  /** What was read in former runs, oldest first. */
  initial: readonly ClockReading[];
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
}>;

/**
 * What the wall clock has said for at least a day: it may jump by years and come back (D12). How long a reading lies back
 * is told by the time that this daemon has been running since, over all its runs; the wall clock is not asked.
 */
export class ClockReadings {
  readonly #clock: Dependencies['clock'];
  readonly #startedMs: number;
  readonly #formerMs: number;
  #readings: readonly ClockReading[];

  constructor({ initial, clock }: Dependencies) {
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.#formerMs = initial.at(-1)?.ranMs ?? 0;
    this.#readings = initial;
  }

  /** Those that matter, oldest first; for the next run. */
  get all(): readonly ClockReading[] {
    return this.#readings;
  }

  /**
   * Reads the clock.
   *
   * @returns The earliest time that it has shown since a reading that lies back a day or more; `undefined` when there is none.
   */
  take(): number | undefined {
    const ranMs = this.#formerMs + this.#clock.monotonicMs() - this.#startedMs;
    const readings = [...this.#readings, { ranMs, wallMs: this.#clock.nowMs() }];
    const first = readings.findLastIndex((one) => ranMs - one.ranMs >= DAY_MS);
    this.#readings = first === -1 ? readings : readings.slice(first);
    return first === -1 ? undefined : Math.min(...this.#readings.map(({ wallMs }) => wallMs));
  }
}
