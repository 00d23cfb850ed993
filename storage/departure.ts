import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest that a patient append waits for others before it goes out alone. */
const PATIENCE_MS = 5;

/** When what waits for the disk goes out: it shares a write and a sync with as many others as that costs nobody time. */
export class Departure {
  /** The last batch held more than one append. */
  #hasCompany = true;
  /** Ends the wait for company; `undefined` while nobody waits so. */
  #leave: (() => void) | undefined;
  #patience: NodeJS.Timeout | undefined;

  /** Calls `start` in a few milliseconds, unless it is `cancel`ed. */
  soon(start: () => void): void {
    this.#patience ??= setTimeout(start, PATIENCE_MS);
  }

  cancel(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  /** Before the first batch: whoever has been alone of late need not wait for company. */
  async first(): Promise<void> {
    if (this.#hasCompany) await this.next();
  }

  /** Resolves a turn later, so that all who are about to append get into the same batch; or when somebody is in a hurry. */
  async next(): Promise<void> {
    const hurried = new Promise<void>((resolve) => (this.#leave = resolve));
    await Promise.race([nextTurn(), hurried]);
    this.#leave = undefined;
  }

  /** A batch of so many appends goes out. */
  note(appends: number): void {
    this.#hasCompany = appends > 1;
  }

  /** Nothing waits for company any more; `start` is called if something has only been going to. */
  hurry(start: () => void): void {
    if (this.#patience !== undefined) start();
    this.#leave?.();
  }
}
