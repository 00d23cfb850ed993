/**
 * Proof, on every HTTP exchange of two who have met, that it comes from the other: a MAC under a key that both
 * can compute from their lasting keys alone.
 *
 * Source: docs/encryption.md#hop-authentication, E12–E14.
 */
import type { HopAuth } from '../wire/e2e.ts';
import { isEqualBytes, type RandomBytes } from './bytes.ts';
import { hkdf, hmac, sha256 } from './kdf.ts';

/** Keys of a hop, one for each direction. */
export type HopKeys = Readonly<{ toPeer: Uint8Array; fromPeer: Uint8Array }>;

/** Fingerprints of the two ends, as one of them sees it. */
export type Ends = Readonly<{ own: Uint8Array; peer: Uint8Array }>;

/** What of a request is authenticated. */
export type HopRequest = Readonly<{
  /** `POST` or `GET`. */
  method: string;
  /** The request target as it was sent, with its query. */
  target: string;
  /** The body as it was sent. */
  body: Uint8Array;
}>;

/** What of a response is authenticated. */
export type HopResponse = Readonly<{ status: number; body: Uint8Array }>;

const HOP_NONCE_BYTES = 16;
const KEY_HINT_BYTES = 8;

/**
 * The keys of the hop between two ends.
 *
 * @param shared What their lasting X25519 keys agree on.
 */
export function deriveHopKeys(shared: Uint8Array, { own, peer }: Ends): HopKeys {
  return { toPeer: hopKey(shared, own, peer), fromPeer: hopKey(shared, peer, own) };
}

function hopKey(shared: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const info = `hop${hex(from)}${hex(to)}`;
  return hkdf({ salt: 'vestnik1 hop', ikm: shared, info }, 32);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** First bytes of a digest of an access key: names it without showing it. */
export function accessKeyHint(accessKey: string): Uint8Array {
  return sha256(accessKey).subarray(0, KEY_HINT_BYTES);
}

/**
 * What goes into the header of a request to a peer.
 *
 * @param accessKey The key that the peer issued to us; `undefined` before it has.
 */
export function authenticateRequest(
  keys: HopKeys,
  request: HopRequest,
  accessKey: string | undefined,
  randomBytes: RandomBytes,
): HopAuth {
  const nonce = randomBytes(HOP_NONCE_BYTES);
  return {
    keyHint: accessKey === undefined ? undefined : accessKeyHint(accessKey),
    nonce,
    mac: requestMac(keys.toPeer, nonce, request),
  };
}

/** Whether a request comes from the peer, unchanged. */
export function isRequestGenuine(keys: HopKeys, auth: HopAuth, request: HopRequest): boolean {
  return isEqualBytes(auth.mac, requestMac(keys.fromPeer, auth.nonce, request));
}

/** What goes into the header of our response to a request that was genuine. */
export function authenticateResponse(
  keys: HopKeys,
  request: HopAuth,
  response: HopResponse,
): HopAuth {
  const { nonce } = request;
  return { keyHint: undefined, nonce, mac: responseMac(keys.toPeer, nonce, response) };
}

/** Whether a response comes from the peer, unchanged, and answers this very request of ours (E13). */
export function isResponseGenuine(
  keys: HopKeys,
  request: HopAuth,
  response: Readonly<{ auth: HopAuth }> & HopResponse,
): boolean {
  const { nonce } = request;
  return (
    isEqualBytes(response.auth.nonce, nonce) &&
    isEqualBytes(response.auth.mac, responseMac(keys.fromPeer, nonce, response))
  );
}

function requestMac(key: Uint8Array, nonce: Uint8Array, request: HopRequest): Uint8Array {
  const { method, target, body } = request;
  return hmac(key, 'req', nonce, `${method} ${target}\n`, sha256(body));
}

function responseMac(key: Uint8Array, nonce: Uint8Array, response: HopResponse): Uint8Array {
  return hmac(key, 'res', nonce, String(response.status), sha256(response.body));
}
