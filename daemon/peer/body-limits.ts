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
/** Larger bodies in memory at once, of all callers: being read, or read and not yet answered (G16). */
export const BODIES_MAX_BYTES = 64 * 1024 * 1024;

/** Chooses how much of a body is read, before the first byte of it, by who the caller seems to be. */
export class BodyLimits {
  #largeUnderWay = 0;
  #bytesUnderWay = 0;

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
    if (length <= STRANGER_BODY_MAX_BYTES) return answer(await readBody(request, length));
    const isUnknown = !seemsContact;
    if (isUnknown && this.#largeUnderWay >= UNKNOWN_LARGE_MAX) {
      return answer(await readBody(request, STRANGER_BODY_MAX_BYTES));
    }
    const sizeBytes = Math.min(length, CONTACT_BODY_MAX_BYTES);
    if (this.#bytesUnderWay + sizeBytes > BODIES_MAX_BYTES) throw new Overloaded();
    this.#count(isUnknown, sizeBytes);
    try {
      return await answer(await readBody(request, CONTACT_BODY_MAX_BYTES));
    } finally {
      this.#count(isUnknown, -sizeBytes);
    }
  }

  #count(isUnknown: boolean, sizeBytes: number): void {
    this.#bytesUnderWay += sizeBytes;
    if (isUnknown) this.#largeUnderWay += Math.sign(sizeBytes);
  }
}

/** @throws {RequestError} `too_large` for an action that needs no such body. */
export function requireFits({ action }: PeerRequest, sizeBytes: number): void {
  if (action === 'history' || sizeBytes <= SINGLE_BODY_MAX_BYTES) return;
  throw new RequestError('too_large', `${action} has at most ${SINGLE_BODY_MAX_BYTES} bytes`);
}
