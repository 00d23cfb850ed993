import type { ContactNumber } from './model.ts';

/** Digests kept a contact. What is older is refused as stale, which costs a new session and no message. */
const DIGESTS_MAX = 1000;

/** Encrypted messages that were read lately, so that a repeat is acknowledged without any cryptography. */
export class RecentDigests {
  readonly #digests = new Map<ContactNumber, Map<string, string | undefined>>();

  has(contact: ContactNumber, digest: string): boolean {
    return this.#digests.get(contact)?.has(digest) ?? false;
  }

  /** The id inside; `undefined` for what nobody acknowledges. */
  idOf(contact: ContactNumber, digest: string): string | undefined {
    return this.#digests.get(contact)?.get(digest);
  }

  add(contact: ContactNumber, digest: string, id: string | undefined): void {
    const digests = this.#digests.get(contact) ?? new Map<string, string | undefined>();
    this.#digests.set(contact, digests.set(digest, id));
    if (digests.size <= DIGESTS_MAX) return;
    const [oldest] = digests.keys();
    if (oldest !== undefined) digests.delete(oldest);
  }

  forget(contact: ContactNumber): void {
    this.#digests.delete(contact);
  }
}
