import type { ContactNumber } from '../domain/model.ts';
import type { HistoryRecord } from './message-records.ts';

/** Which conversation belongs to which address, also of contacts that were removed since. */
export class ConversationNames {
  readonly #numbers = new Map<string, ContactNumber>();
  readonly #addresses = new Map<ContactNumber, string>();
  #next: ContactNumber = 1;

  /** Numbers from here on were never used. */
  get next(): ContactNumber {
    return this.#next;
  }

  numberOf(address: string): ContactNumber | undefined {
    return this.#numbers.get(address);
  }

  /** Takes in the next record of the journal. */
  apply(record: HistoryRecord): void {
    this.#next = Math.max(this.#next, record.n + 1);
    if (record.k !== 'conv') return;
    // The address that it had before is free for another contact.
    const former = this.#addresses.get(record.n);
    if (former !== undefined && this.#numbers.get(former) === record.n)
      this.#numbers.delete(former);
    this.#numbers.set(record.address, record.n);
    this.#addresses.set(record.n, record.address);
  }
}
