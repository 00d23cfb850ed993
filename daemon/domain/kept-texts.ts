import type { Waiting } from './waiting.ts';

/** Texts and ciphertexts of waiting messages that stay in memory, over all contacts. Source: docs/storage.md#limits. */
export const KEPT_TEXTS_MAX_BYTES = 16 * 1024 * 1024;
/** What a message has in memory besides its characters. */
const FRAME_BYTES = 1_000;

/**
 * Which waiting messages have their text, or its ciphertext, in memory: so many bytes in all, those first that waited
 * first. Who has lost his is read from the journal again, and encrypted again, when his turn comes.
 */
export class KeptTexts {
  readonly #maxBytes: number;
  /** Bytes by message, the one first that was kept first. */
  readonly #kept = new Map<Waiting, number>();
  #sizeBytes = 0;

  constructor(maxBytes = KEPT_TEXTS_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether another one fits without anybody losing his. */
  hasRoomFor(textBytes: number): boolean {
    return this.#sizeBytes + textBytes + FRAME_BYTES <= this.#maxBytes;
  }

  /** Counts what a message has now; what has been kept longest goes if that is too much. */
  note(waiting: Waiting): void {
    this.forget(waiting);
    const sizeBytes = sizeOf(waiting);
    if (sizeBytes === 0) return;
    this.#kept.set(waiting, sizeBytes);
    this.#sizeBytes += sizeBytes;
    if (this.#sizeBytes > this.#maxBytes) this.#makeRoom();
  }

  #makeRoom(): void {
    // To begin with the first is not free: it goes past all that has left the map since it was last tidied.
    for (const oldest of this.#kept.keys()) {
      if (this.#sizeBytes <= this.#maxBytes) return;
      this.forget(oldest);
      oldest.cached = undefined;
      oldest.sealed = undefined;
    }
  }

  /** The message is not among those that wait any more. */
  forget(waiting: Waiting): void {
    const sizeBytes = this.#kept.get(waiting);
    if (sizeBytes === undefined) return;
    this.#kept.delete(waiting);
    this.#sizeBytes -= sizeBytes;
  }
}

function sizeOf({ cached, sealed, sizeBytes }: Waiting): number {
  const textBytes = cached === undefined ? 0 : sizeBytes + FRAME_BYTES;
  return (
    textBytes + (sealed === undefined ? 0 : Math.ceil(sealed.message.length / sealed.messages))
  );
}
