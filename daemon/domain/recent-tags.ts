import type { ContactNumber } from './model.ts';

/** Tags kept a contact. What is older is refused as stale, which costs a new session and no message. */
const TAGS_MAX = 1000;

/** Encrypted messages that were read lately, so that a repeat is acknowledged without any cryptography. */
export class RecentTags {
  readonly #tags = new Map<ContactNumber, Map<string, readonly string[]>>();

  has(contact: ContactNumber, tag: string): boolean {
    return this.#tags.get(contact)?.has(tag) ?? false;
  }

  /** The ids inside of what is acknowledged. */
  idsOf(contact: ContactNumber, tag: string): readonly string[] {
    return this.#tags.get(contact)?.get(tag) ?? [];
  }

  add(contact: ContactNumber, tag: string, ids: readonly string[]): void {
    const tags = this.#tags.get(contact) ?? new Map<string, readonly string[]>();
    this.#tags.set(contact, tags.set(tag, ids));
    if (tags.size <= TAGS_MAX) return;
    const [oldest] = tags.keys();
    if (oldest !== undefined) tags.delete(oldest);
  }

  forget(contact: ContactNumber): void {
    this.#tags.delete(contact);
  }
}
