import type { IncomingMessage } from 'node:http';
import { readBody } from '../http/body.ts';
import { RequestError } from '../http/request-error.ts';
import type { PeerRequest } from '../wire/peer.ts';
import { Overloaded } from './overloaded.ts';

/** Source: docs/security.md, G13. */
export const STRANGER_BODY_MAX_BYTES = 4 * 1024;
export const CONTACT_BODY_MAX_BYTES = 1024 * 1024;
/** Of every action but `history`, which alone carries many messages. */
export const SINGLE_BODY_MAX_BYTES = 128 * 1024;
/** Larger bodies of callers that we don't know, at the same time: a contact may come from another address. */
export const UNKNOWN_LARGE_MAX = 8;
/** Bodies in memory at once: being read, or read and not yet answered (G16). Each connection brings one at a time. */
export const BODIES_MAX_BYTES = 64 * 1024 * 1024;

/** Chooses how much of a body is read, before the first byte of it, by who the caller seems to be. */
export class BodyLimits {
  #unknownLarge = 0;
  #sizeBytes = 0;

  /**
   * Reads a body, and keeps account of it until `answer` is done with it.
   *
   * @param seemsContact By its header or by where it comes from.
   * @throws {RequestError} What `readBody` throws.
   * @throws {Overloaded} Too many bodies are in memory already.
   */
  async withBody<Answer>(
    request: IncomingMessage,
    seemsContact: boolean,
    answer: (body: Buffer) => Promise<Answer>,
  ): Promise<Answer> {
    const length = Number(request.headers['content-length'] ?? Infinity);
    const isLarge = length > STRANGER_BODY_MAX_BYTES;
    const isUnknownLarge = isLarge && !seemsContact && this.#unknownLarge < UNKNOWN_LARGE_MAX;
    const isLong = isLarge && (seemsContact || isUnknownLarge);
    const maxBytes = isLong ? CONTACT_BODY_MAX_BYTES : STRANGER_BODY_MAX_BYTES;
    const sizeBytes = Math.min(length, maxBytes);
    if (this.#sizeBytes + sizeBytes > BODIES_MAX_BYTES) throw new Overloaded();
    this.#sizeBytes += sizeBytes;
    if (isUnknownLarge) this.#unknownLarge += 1;
    try {
      return await answer(await readBody(request, maxBytes));
    } finally {
      this.#sizeBytes -= sizeBytes;
      if (isUnknownLarge) this.#unknownLarge -= 1;
    }
  }
}

/** @throws {RequestError} `too_large` for an action that needs no such body. */
export function requireFits({ action }: PeerRequest, sizeBytes: number): void {
  if (action === 'history' || sizeBytes <= SINGLE_BODY_MAX_BYTES) return;
  throw new RequestError('too_large', `${action} has at most ${SINGLE_BODY_MAX_BYTES} bytes`);
}
