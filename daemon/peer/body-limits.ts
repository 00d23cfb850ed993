import type { IncomingMessage } from 'node:http';
import { RequestError } from '../http/request-error.ts';

/** Source: docs/security.md, G13. */
export const STRANGER_BODY_MAX_BYTES = 4 * 1024;
export const CONTACT_BODY_MAX_BYTES = 1024 * 1024;
/** Larger bodies of hosts that we don't know, read at the same time: a contact may come from another address. */
const UNKNOWN_LARGE_MAX = 8;

type Read = (request: IncomingMessage, maxBytes: number) => Promise<string>;

/** Chooses how much of a body is read, before the first byte of it, by who the caller seems to be. */
export class BodyLimits {
  readonly #isContactHost: (host: string) => boolean;
  #largeUnderWay = 0;

  constructor(isContactHost: (host: string) => boolean) {
    this.#isContactHost = isContactHost;
  }

  /** @throws {RequestError} `too_large`, or what `read` throws. */
  async read(request: IncomingMessage, host: string, read: Read): Promise<string> {
    if (this.#isContactHost(host)) return read(request, CONTACT_BODY_MAX_BYTES);
    const length = Number(request.headers['content-length'] ?? Infinity);
    if (length <= STRANGER_BODY_MAX_BYTES) return read(request, STRANGER_BODY_MAX_BYTES);
    if (length > CONTACT_BODY_MAX_BYTES && Number.isFinite(length)) {
      throw new RequestError('too_large', 'that is too long for a daemon that nobody here knows');
    }
    if (this.#largeUnderWay >= UNKNOWN_LARGE_MAX) return read(request, STRANGER_BODY_MAX_BYTES);
    this.#largeUnderWay += 1;
    try {
      return await read(request, CONTACT_BODY_MAX_BYTES);
    } finally {
      this.#largeUnderWay -= 1;
    }
  }
}
