/** Keeps what a client sends within what a daemon takes (G6): more than that waits, instead of being refused. */
import type { Clock } from './clock.ts';

/** A little less than the daemon allows, since a network may bunch together what was sent apart. */
const PER_SECOND = 40;
const BURST = 150;

export class Pace {
  readonly #clock: Clock;
  readonly #send: (text: string) => void;
  #waiting: string[] = [];
  #tokens = BURST;
  #countedAt: number;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, send: (text: string) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#countedAt = clock.nowMs();
  }

  /** Sends a text, now or when it is its turn. */
  send(text: string): void {
    this.#waiting.push(text);
    this.#sendWaiting();
  }

  /** Forgets what waits: there is nobody any more to send it to. */
  clear(): void {
    this.#waiting = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sendWaiting(): void {
    if (this.#cancel !== undefined) return;
    this.#count();
    for (const text of this.#waiting.splice(0, Math.floor(this.#tokens))) {
      this.#tokens -= 1;
      this.#send(text);
    }
    if (this.#waiting.length === 0) return;
    this.#cancel = this.#clock.after(1000 / PER_SECOND, () => {
      this.#cancel = undefined;
      this.#sendWaiting();
    });
  }

  #count(): void {
    const now = this.#clock.nowMs();
    // The wall clock may be set back.
    const passedMs = Math.max(0, now - this.#countedAt);
    this.#countedAt = now;
    this.#tokens = Math.min(BURST, this.#tokens + (passedMs / 1000) * PER_SECOND);
  }
}
