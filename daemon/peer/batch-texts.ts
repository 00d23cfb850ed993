import type { Contact } from '../domain/model.ts';
import type { Outbox } from '../domain/outbox.ts';
import { pairUp, type Offered } from '../domain/parcels.ts';
import type { Waiting } from '../domain/waiting.ts';

/** Reads what the messages of one contact say, when it is their turn or one batch ahead. */
export class BatchTexts {
  readonly #outbox: Outbox;
  /** Read ahead, so that it is not read from the journal again when its turn comes. */
  #ahead: readonly Offered[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** What of a batch can be read, with the messages themselves. */
  async load(contact: Contact, batch: readonly Waiting[]): Promise<readonly Offered[]> {
    const ahead = this.#ahead;
    this.forget();
    if (isOf(ahead, batch)) return ahead;
    const messages = await this.#outbox.load(batch);
    if (messages.length < batch.length) {
      const places = new Set(messages.map(({ s }) => s));
      // What can't be read (a damaged line) must not be asked for again and again.
      this.#outbox.refused(
        contact,
        batch.filter(({ s }) => !places.has(s)),
      );
    }
    return pairUp(batch, messages);
  }

  /** Reads what comes next. @returns Nothing if that has been done. */
  async loadAhead(batch: readonly Waiting[]): Promise<readonly Offered[]> {
    if (isOf(this.#ahead, batch)) return [];
    this.#ahead = pairUp(batch, await this.#outbox.load(batch));
    return this.#ahead;
  }

  /** It may be long until something comes next. */
  forget(): void {
    this.#ahead = [];
  }
}

/** Whether these are the messages of a batch, all of them. */
function isOf(offered: readonly Offered[], batch: readonly Waiting[]): boolean {
  return (
    offered.length === batch.length && batch.every((one, index) => offered[index]?.waiting === one)
  );
}
