import type { ContactNumber } from './model.ts';

/** Failed decryptions a minute, and how long after that nothing of the contact may cost public-key work. */
export const FAILURES_MAX = 20;
export const WINDOW_MS = 60_000;

/** Whoever sends what can't be read gets no more public-key work out of us. Source: docs/encryption.md#limits. */
export class FailureThrottle {
  readonly #failures = new Map<ContactNumber, number[]>();

  /** Whether a message of this contact may cost a public-key operation now. */
  isDhAllowed(contact: ContactNumber, nowMs: number): boolean {
    const failures = this.#failures.get(contact) ?? [];
    const last = failures.at(-1);
    if (last === undefined) return true;
    if (nowMs - last >= WINDOW_MS) this.#failures.delete(contact);
    const [oldest = 0] = failures;
    return (
      failures.length < FAILURES_MAX || last - oldest >= WINDOW_MS || nowMs - last >= WINDOW_MS
    );
  }

  /** @param nowMs Monotonic. */
  note(contact: ContactNumber, nowMs: number): void {
    const failures = this.#failures.get(contact) ?? [];
    this.#failures.set(contact, [...failures, nowMs].slice(-FAILURES_MAX));
  }
}
