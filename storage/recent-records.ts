import { parseBody } from './line.ts';

/** Enough for what is sent on right after it was stored. */
const RECENT_MAX_BYTES = 256 * 1024;

/** The newest records as text, up to a fixed size: whoever stores one mostly reads it next. */
export class RecentRecords {
  /** Bodies of lines by number. */
  readonly #bodies = new Map<number, string>();
  #oldestS = 0;
  #sizeBytes = 0;

  get(s: number): unknown {
    const body = this.#bodies.get(s);
    return body === undefined ? undefined : parseBody(body);
  }

  /**
   * @param s    One more than the last time.
   * @param body As `formatBody` makes it.
   */
  put(s: number, body: string): void {
    if (this.#bodies.size === 0) this.#oldestS = s;
    this.#bodies.set(s, body);
    this.#sizeBytes += sizeOf(body);
    while (this.#sizeBytes > RECENT_MAX_BYTES) this.#removeOldest();
  }

  #removeOldest(): void {
    this.#sizeBytes -= sizeOf(this.#bodies.get(this.#oldestS) ?? '');
    this.#bodies.delete(this.#oldestS++);
  }
}

/** Two bytes a unit at most; short texts count for what their entry takes. */
function sizeOf(body: string): number {
  return body.length * 2 + 100;
}
