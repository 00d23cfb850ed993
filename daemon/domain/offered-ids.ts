import { wireMessageId } from '../crypto/digest.ts';
import type { ContactNumber, StoredMessage } from './model.ts';

/** Ids of messages that wait no more are looked for when there may be so many of one contact. */
const STALE_MAX = 1_000;

/** Which messages an acknowledgement may name: the places of those that were offered, by their ids on the wire. */
export class OfferedIds {
  readonly #waits: (contact: ContactNumber, s: number) => boolean;
  readonly #places = new Map<ContactNumber, Map<string, number>>();
  /** How many of each contact may be there before the next look. */
  readonly #limits = new Map<ContactNumber, number>();

  /** @param waits Whether a message is still to be acknowledged. */
  constructor(waits: (contact: ContactNumber, s: number) => boolean) {
    this.#waits = waits;
  }

  note(contact: ContactNumber, { id, s }: Pick<StoredMessage, 'id' | 's'>): void {
    const places = this.#places.get(contact) ?? new Map<string, number>();
    this.#places.set(contact, places.set(wireMessageId(id), s));
    if (places.size > (this.#limits.get(contact) ?? STALE_MAX)) this.#tidy(contact, places);
  }

  /** `undefined` when it was not offered since the start. */
  placeOf(contact: ContactNumber, wireId: string): number | undefined {
    return this.#places.get(contact)?.get(wireId);
  }

  forget(contact: ContactNumber, wireId: string): void {
    this.#places.get(contact)?.delete(wireId);
  }

  forgetAll(contact: ContactNumber): void {
    this.#places.delete(contact);
    this.#limits.delete(contact);
  }

  /** What was read, cancelled or deleted before anybody acknowledged it. */
  #tidy(contact: ContactNumber, places: Map<string, number>): void {
    for (const [id, s] of places) if (!this.#waits(contact, s)) places.delete(id);
    this.#limits.set(contact, places.size * 2 + STALE_MAX);
  }
}
