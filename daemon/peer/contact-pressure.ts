import type { LoopLag } from '../http/loop-lag.ts';
import { RequestError } from '../http/request-error.ts';
import type { Contact, ContactNumber } from '../domain/model.ts';
import type { Clock } from '../domain/ports.ts';

/** Bytes of one contact that are accepted and not yet on the disk. Source: docs/security.md, G15. */
export const UNWRITTEN_MAX_BYTES = 4 * 1024 * 1024;
/** From this lag of the event loop on contacts wait. Source: docs/security.md, G15. */
export const CONTACT_MAX_LAG_MS = 100;
/** How long an answer is put off before the contact is asked to come again. Source: docs/security.md, G15. */
export const PUT_OFF_MAX_MS = 2_000;
const LOOK_MS = 50;

type Dependencies = Readonly<{ clock: Clock; lag: LoopLag }>;

/**
 * What contacts send is stored as fast as it comes, without a fixed rate. Only while the daemon or its disk does not
 * keep up, a contact waits for its answer, which keeps it from sending more; the others go on.
 */
export class ContactPressure {
  readonly #deps: Dependencies;
  /** Bytes by contact, absent when there are none. */
  readonly #unwritten = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Stores something of a contact's, as soon as there is room for it.
   *
   * @param sizeBytes Of the request that brought it.
   * @throws {RequestError} `too_many_requests`; `store` was not called.
   */
  async run<Result>(
    { number }: Contact,
    sizeBytes: number,
    store: () => Promise<Result>,
  ): Promise<Result> {
    await this.#relief(number);
    this.#count(number, sizeBytes);
    try {
      return await store();
    } finally {
      this.#count(number, -sizeBytes);
    }
  }

  async #relief(number: ContactNumber): Promise<void> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + PUT_OFF_MAX_MS;
    while (this.#isPressed(number)) {
      if (clock.monotonicMs() >= endMs) {
        throw new RequestError('too_many_requests', 'more than we can store', {
          'Retry-After': '1',
        });
      }
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    }
  }

  #isPressed(number: ContactNumber): boolean {
    const unwritten = this.#unwritten.get(number) ?? 0;
    return unwritten > UNWRITTEN_MAX_BYTES || this.#deps.lag.ms > CONTACT_MAX_LAG_MS;
  }

  #count(number: ContactNumber, sizeBytes: number): void {
    const left = (this.#unwritten.get(number) ?? 0) + sizeBytes;
    if (left === 0) this.#unwritten.delete(number);
    else this.#unwritten.set(number, left);
  }
}
