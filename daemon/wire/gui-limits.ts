/**
 * How much goes into a request: apart from what requests look like, which a browser need not know.
 *
 * Source: docs/gui-api.md.
 */
import { WireError } from './check.ts';
import { utf8Length } from './utf8.ts';

/** Longest message, as JSON text in UTF-8. Source: docs/gui-api.md. */
export const MESSAGE_MAX_BYTES = 60_000;
/** Messages in one `{messages: […]}` request. */
export const BATCH_MAX_MESSAGES = 500;
/** Messages in one request to delete some. */
export const DELETE_MAX_MESSAGES = 500;
/** UTF-16 units in a nick. */
export const NICK_MAX_LENGTH = 64;

/**
 * Refuses a message whose JSON form is too long for the peer protocol.
 *
 * @throws {WireError} `too_large`.
 */
export function checkMessageSize(message: string): void {
  // Two bytes are the quotes. A string of n units takes n to 6n bytes, so most need no measuring.
  const sizeBytes =
    message.length * 6 + 2 <= MESSAGE_MAX_BYTES ? 0 : utf8Length(JSON.stringify(message));
  if (sizeBytes > MESSAGE_MAX_BYTES) {
    throw new WireError(
      'too_large',
      `a message has at most ${MESSAGE_MAX_BYTES} bytes, this one has ${sizeBytes}`,
      'message',
    );
  }
}
