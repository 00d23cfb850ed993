import type { ContactNumber } from './model.ts';

/** How far our timestamps may run ahead of the clock before we rather believe that the clock was set back. */
const AHEAD_MAX_MS = 3_600_000;

/**
 * Makes the timestamps of one contact's messages differ, since the base protocol tells two messages apart by
 * them (D9). A burst runs ahead a millisecond a message; a clock that was set back is followed, not fought (D12).
 */
export class UniqueTimestamps {
  readonly #last = new Map<ContactNumber, number>();

  next(contact: ContactNumber, nowMs: number): number {
    const last = this.#last.get(contact) ?? -Infinity;
    const isBurst = nowMs <= last && last - nowMs < AHEAD_MAX_MS;
    const timestamp = isBurst ? last + 1 : nowMs;
    this.#last.set(contact, timestamp);
    return timestamp;
  }
}
