import type { ContactNumber } from './model.ts';

/**
 * Ids kept a contact, and tags of what has none. What is older is refused as stale, which costs a new session and no
 * message.
 */
const IDS_MAX = 1000;

/** Tags of ciphertexts with the ids inside, the oldest first. */
type Recent = Readonly<{ idsByTag: Map<string, readonly string[]> }> & { size: number };

/** Encrypted messages that were read lately, so that a repeat is acknowledged without any cryptography. */
export class RecentTags {
  readonly #recent = new Map<ContactNumber, Recent>();

  has(contact: ContactNumber, tag: string): boolean {
    return this.#recent.get(contact)?.idsByTag.has(tag) ?? false;
  }

  /** The ids inside of what is acknowledged. */
  idsOf(contact: ContactNumber, tag: string): readonly string[] {
    return this.#recent.get(contact)?.idsByTag.get(tag) ?? [];
  }

  /** @param tag One that is not known yet. */
  add(contact: ContactNumber, tag: string, ids: readonly string[]): void {
    const recent = this.#recent.get(contact) ?? {
      idsByTag: new Map<string, readonly string[]>(),
      size: 0,
    };
    this.#recent.set(contact, recent);
    recent.idsByTag.set(tag, ids);
    recent.size += sizeOf(ids);
    for (const [oldest, of] of recent.idsByTag) {
      if (recent.size <= IDS_MAX) return;
      recent.idsByTag.delete(oldest);
      recent.size -= sizeOf(of);
    }
  }

  forget(contact: ContactNumber): void {
    this.#recent.delete(contact);
  }
}

function sizeOf({ length }: readonly string[]): number {
  return Math.max(1, length);
}
