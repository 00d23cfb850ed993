/**
 * Messages of enctype `dr1` as they travel.
 *
 * Source: docs/encryption.md#messages.
 */
import {
  encodeBase64url,
  tryDecodeBase64url,
  type DecodeBase64url,
  type EncodeBase64url,
} from './base64url.ts';
import { decodeDr1Head, DR1_HEAD_MAX_LENGTH, type Dr1Head } from './dr1-head.ts';
import { WireError } from './check.ts';

/** ASCII characters of a whole encrypted message. */
export const DR1_MESSAGE_MAX_LENGTH = 90_000;

/** An encrypted message taken apart. */
export type Dr1Message = Readonly<{
  head: Dr1Head;
  /** The head as it came: every character of it is authenticated, also members that we don't know. */
  headText: string;
  sealed: Uint8Array;
}>;

/** The `message` of an envelope. */
export function encodeDr1Message(
  headText: string,
  sealed: Uint8Array,
  encode: EncodeBase64url = encodeBase64url,
): string {
  return `${headText}.${encode(sealed)}`;
}

/**
 * Takes the `message` of an envelope apart.
 *
 * @throws {WireError} `bad_request`, or `too_large`.
 */
export function decodeDr1Message(
  message: string,
  decode: DecodeBase64url = tryDecodeBase64url,
): Dr1Message {
  if (message.length > DR1_MESSAGE_MAX_LENGTH) throw new WireError('too_large', 'too long');
  const dot = message.indexOf('.');
  if (dot === -1 || dot > DR1_HEAD_MAX_LENGTH) throw new WireError('bad_request', 'no head');
  const headText = message.slice(0, dot);
  const head = decodeDr1Head(headText, decode);
  const sealed = decode(message.slice(dot + 1));
  if (sealed === undefined) throw new WireError('bad_request', 'not canonical base64url');
  return { head, headText, sealed };
}
