/**
 * What end-to-end encryption adds to the base protocol: the member `e2e` of a handshake and of an answer, the
 * same inside an envelope of enctype `hs1` or `hs2`, and the header `Vestnik-Auth`.
 *
 * Source: docs/encryption.md#handshake and #hop-authentication.
 */
import * as v from 'valibot';
import { Base64url, decodeBase64url, encodeBase64url } from './base64url.ts';
import { decodeValue, parseJson, WireError } from './check.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** Bytes of an X25519 or Ed25519 public key, of a fingerprint, and of a MAC. */
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** Characters of a handshake inside an envelope; ours have about 620. */
export const RELAYED_HANDSHAKE_MAX_LENGTH = 4096;

/** What the initiator of a session says. */
export type Hs1 = Readonly<{
  /** Ways to encrypt that it knows, best first. */
  suites: readonly string[];
  /** Ed25519 public key: who it is. */
  id: Uint8Array;
  /** Its lasting X25519 public key. */
  dh: Uint8Array;
  /** Signature that binds `dh` to `id`. */
  bind: Uint8Array;
  /** Its X25519 public key for this handshake alone. */
  ephemeralKey: Uint8Array;
  /** Fingerprint of whom it means, if it knows. */
  recipient: Uint8Array | undefined;
  /** Proof that it knows the key of the hop, between those who have met. */
  mac: Uint8Array | undefined;
}>;

/** What the responder answers. */
export type Hs2 = Readonly<{
  suite: string;
  id: Uint8Array;
  dh: Uint8Array;
  bind: Uint8Array;
  ephemeralKey: Uint8Array;
  /** Proof that it has the session's keys. */
  mac: Uint8Array;
}>;

/**
 * Why there is no `hs2`, or why a message could not be decrypted: `busy` – our own handshake goes first;
 * `nosession` – we do not know that session; `stale` – the message's key is gone.
 */
export type E2eTrouble = 'busy' | 'nosession' | 'stale';

/** The member `e2e` of an answer. */
export type E2eAnswer =
  Readonly<{ kind: 'hs2'; hs2: Hs2 }> | Readonly<{ kind: 'trouble'; trouble: E2eTrouble }>;

/** Names hold no comma, since a comma joins them under the MAC. */
const Suite = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,16}$/));
const Key = Base64url(KEY_BYTES);
const OptionalKey = v.union([
  v.pipe(
    v.literal(''),
    v.transform(() => undefined),
  ),
  Key,
]);

const Hs1Member = v.object({
  v: v.literal(1),
  suites: v.pipe(v.array(Suite), v.minLength(1), v.maxLength(8)),
  id: Key,
  dh: Key,
  bind: Base64url(SIGNATURE_BYTES),
  ek: Key,
  rcpt: OptionalKey,
  mac: OptionalKey,
});

const Hs2Member = v.object({
  v: v.literal(1),
  suite: Suite,
  id: Key,
  dh: Key,
  bind: Base64url(SIGNATURE_BYTES),
  ek: Key,
  mac: Key,
});

const TroubleMember = v.object({ err: v.picklist(['busy', 'nosession', 'stale']) });

/**
 * Decodes the member `e2e` of a `handshake`.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeHs1(value: unknown): Hs1 {
  const { suites, id, dh, bind, ek, rcpt, mac } = decodeValue(Hs1Member, value);
  return { suites, id, dh, bind, ephemeralKey: ek, recipient: rcpt, mac };
}

/** The member `e2e` of a `handshake`. */
export function encodeHs1(hs1: Hs1): object {
  return {
    v: 1,
    suites: hs1.suites,
    ...encodeKeys(hs1),
    rcpt: encodeOptional(hs1.recipient),
    mac: encodeOptional(hs1.mac),
  };
}

/**
 * Decodes an `hs2`.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeHs2(value: unknown): Hs2 {
  const { suite, id, dh, bind, ek, mac } = decodeValue(Hs2Member, value);
  return { suite, id, dh, bind, ephemeralKey: ek, mac };
}

/** An `hs2` as the member `e2e` of an answer. */
export function encodeHs2(hs2: Hs2): object {
  return { v: 1, suite: hs2.suite, ...encodeKeys(hs2), mac: encodeBase64url(hs2.mac) };
}

/**
 * Decodes the member `e2e` of an answer.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeE2eAnswer(value: unknown): E2eAnswer {
  const trouble = v.safeParse(TroubleMember, value);
  if (trouble.success) return { kind: 'trouble', trouble: trouble.output.err };
  return { kind: 'hs2', hs2: decodeHs2(value) };
}

/** The member `e2e` of an answer. */
export function encodeE2eAnswer(answer: E2eAnswer): object {
  return answer.kind === 'hs2' ? encodeHs2(answer.hs2) : { err: answer.trouble };
}

/** The `message` of an envelope that carries a handshake past a friend (E11). */
export function encodeRelayedHandshake(member: object): string {
  return encodeBase64url(encodeUtf8(JSON.stringify(member)));
}

/**
 * The member inside an envelope of enctype `hs1` or `hs2`, for `decodeHs1` or `decodeHs2`.
 *
 * @throws {WireError} `bad_request`, or `too_large`.
 */
export function decodeRelayedHandshake(message: string): unknown {
  if (message.length > RELAYED_HANDSHAKE_MAX_LENGTH) throw new WireError('too_large', 'too long');
  return parseJson(decodeUtf8(decodeBase64url(message)));
}

function encodeKeys({ id, dh, bind, ephemeralKey }: Hs1 | Hs2): object {
  return {
    id: encodeBase64url(id),
    dh: encodeBase64url(dh),
    bind: encodeBase64url(bind),
    ek: encodeBase64url(ephemeralKey),
  };
}

function encodeOptional(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : encodeBase64url(bytes);
}

export const HOP_AUTH_HEADER = 'Vestnik-Auth';
const KEY_HINT_BYTES = 8;
const HOP_NONCE_BYTES = 16;

/** The header `Vestnik-Auth`, taken apart. */
export type HopAuth = Readonly<{
  /** First bytes of a digest of the access key, by which to find the contact; none before there is a key. */
  keyHint: Uint8Array | undefined;
  nonce: Uint8Array;
  mac: Uint8Array;
}>;

const HOP_AUTH = /^v=1; k=([\w-]{11})?; n=([\w-]{22}); m=([\w-]{43})$/;

/**
 * Parses the header.
 *
 * @throws {WireError} `bad_request`.
 */
export function parseHopAuth(header: string): HopAuth {
  const match = HOP_AUTH.exec(header);
  if (match === null) throw new WireError('bad_request', 'malformed', HOP_AUTH_HEADER);
  const [, keyHint, nonce = '', mac = ''] = match;
  return {
    keyHint: keyHint === undefined ? undefined : decodeBase64url(keyHint, KEY_HINT_BYTES),
    nonce: decodeBase64url(nonce, HOP_NONCE_BYTES),
    mac: decodeBase64url(mac, KEY_BYTES),
  };
}

/** Value of the header. */
export function formatHopAuth({ keyHint, nonce, mac }: HopAuth): string {
  const hint = encodeOptional(keyHint);
  return `v=1; k=${hint}; n=${encodeBase64url(nonce)}; m=${encodeBase64url(mac)}`;
}
