/**
 * The head of a message of enctype `dr1`: what the recipient must know to find its key, in the clear.
 *
 * Source: docs/encryption.md#messages.
 */
import * as v from 'valibot';
import {
  Base64url,
  base64urlLength,
  encodeBase64url,
  tryDecodeBase64url,
  tryDecodeBase64urlCodes,
  type DecodeBase64url,
  type EncodeBase64url,
} from './base64url.ts';
import { decodeValue, parseJson, WireError } from './check.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** ASCII characters of a head; ours have about 230. */
export const DR1_HEAD_MAX_LENGTH = 1024;
/** Largest place in a chain, and largest length of one. */
export const DR1_NUMBER_MAX = 2 ** 31 - 1;

export const SESSION_ID_BYTES = 16;
export const RATCHET_KEY_BYTES = 32;
export const NONCE_BYTES = 24;

/** What the recipient must know to find the key of a message. */
export type Dr1Head = Readonly<{
  sessionId: Uint8Array;
  /** The sender's ratchet public key. */
  ratchetKey: Uint8Array;
  /** Messages that the sender's previous chain had. */
  previousCount: number;
  /** Place in the chain, from 0. */
  number: number;
  nonce: Uint8Array;
}>;

const ChainNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(DR1_NUMBER_MAX));

const Head = v.object({
  v: v.literal(1),
  s: Base64url(SESSION_ID_BYTES),
  d: Base64url(RATCHET_KEY_BYTES),
  p: ChainNumber,
  n: ChainNumber,
  x: Base64url(NONCE_BYTES),
});

/** Text of a head. */
export function encodeDr1Head(head: Dr1Head, encode: EncodeBase64url = encodeBase64url): string {
  const { sessionId, ratchetKey, previousCount, number, nonce } = head;
  const s = encode(sessionId);
  const d = encode(ratchetKey);
  const x = encode(nonce);
  // JSON by hand: nothing in it needs escaping, and there are many of them.
  return encode(
    encodeUtf8(`{"v":1,"s":"${s}","d":"${d}","p":${previousCount},"n":${number},"x":"${x}"}`),
  );
}

/**
 * Reads the text of a head.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeDr1Head(text: string, decode: DecodeBase64url = tryDecodeBase64url): Dr1Head {
  const json = decode(text);
  if (json === undefined) throw new WireError('bad_request', 'not canonical base64url');
  return decodeUsualHead(json) ?? decodeAnyHead(decodeUtf8(json));
}

function decodeAnyHead(json: string): Dr1Head {
  const { s, d, p, n, x } = decodeValue(Head, parseJson(json));
  return { sessionId: s, ratchetKey: d, previousCount: p, number: n, nonce: x };
}

/**
 * A head exactly as `encodeDr1Head` writes it, at a sixth of the time; `undefined` for all others, right or wrong.
 *
 * @param json ASCII codes.
 */
function decodeUsualHead(json: Uint8Array): Dr1Head | undefined {
  const reader = new HeadReader(json);
  const sessionId = reader.skip('{"v":1,"s":"').bytes(SESSION_ID_BYTES);
  const ratchetKey = reader.skip('","d":"').bytes(RATCHET_KEY_BYTES);
  const previousCount = reader.skip('","p":').number();
  const number = reader.skip(',"n":').number();
  const nonce = reader.skip(',"x":"').bytes(NONCE_BYTES);
  const isWhole = reader.skip('"}').isAtEnd;
  return isWhole ? { sessionId, ratchetKey, previousCount, number, nonce } : undefined;
}

const NOTHING = new Uint8Array(0);
const ZERO = 0x30;
const NINE = 0x39;

/** Takes a head apart from front to back. Once something is not as expected, the end is never reached. */
class HeadReader {
  readonly #json: Uint8Array;
  #at = 0;

  constructor(json: Uint8Array) {
    this.#json = json;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#json.length;
  }

  skip(expected: string): this {
    for (let i = 0; i < expected.length; i++) {
      if (this.#json[this.#at + i] !== expected.charCodeAt(i)) return this.#fail();
    }
    this.#at += expected.length;
    return this;
  }

  bytes(sizeBytes: number): Uint8Array {
    const end = this.#at + base64urlLength(sizeBytes);
    const bytes = tryDecodeBase64urlCodes(this.#json, this.#at, end);
    this.#at = end;
    if (bytes === undefined) this.#fail();
    return bytes ?? NOTHING;
  }

  /** A place in a chain, without zeros in front. */
  number(): number {
    const start = this.#at;
    let value = 0;
    for (let code = this.#json[start] ?? 0; code >= ZERO && code <= NINE;) {
      value = value * 10 + code - ZERO;
      code = this.#json[++this.#at] ?? 0;
    }
    const length = this.#at - start;
    const isCanonical = length === 1 || (length > 1 && this.#json[start] !== ZERO);
    if (!isCanonical || value > DR1_NUMBER_MAX) this.#fail();
    return value;
  }

  #fail(): this {
    this.#at = this.#json.length + 1;
    return this;
  }
}
