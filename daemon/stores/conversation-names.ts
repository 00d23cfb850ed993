import type { ContactNumber } from '../domain/model.ts';
import type { HistoryRecord } from './message-records.ts';
import type { Naming } from './segment-messages.ts';

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
    this.use(record.n);
    if (record.k === 'conv') this.name({ conversation: record.n, address: record.address });
  }

  /** A conversation's number was used. */
  use(conversation: ContactNumber): void {
    this.#next = Math.max(this.#next, conversation + 1);
  }

  /** A conversation's contact has another address from now on. */
  name({ conversation, address }: Naming): void {
    // The address that it had before is free for another contact.
    const former = this.#addresses.get(conversation);
    if (former !== undefined && this.#numbers.get(former) === conversation)
      this.#numbers.delete(former);
    this.#numbers.set(address, conversation);
    this.#addresses.set(conversation, address);
  }
}
