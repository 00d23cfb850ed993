/** From what was said in a handshake to its MACs and keys. Source: docs/encryption.md#handshake. */
import type { Hs1, Hs2 } from '../wire/e2e.ts';
import { concat, lengthPrefixed, type Part } from './bytes.ts';
import { hkdfExpand, hmac, sha256 } from './kdf.ts';
import type { SessionKeys } from './ratchet-state.ts';

/** T1 and T2: what both sides said. */
export type Transcript = Readonly<{ first: Uint8Array; second: Uint8Array }>;

/** What both sides said, every part with its length, so that nothing can be moved between parts. */
export function transcriptOf(accessKey: string, hs1: Hs1, hs2: Omit<Hs2, 'mac'>): Transcript {
  const first = firstTranscript(accessKey, hs1);
  const { suite, id, dh, ephemeralKey } = hs2;
  const second = concat('vestnik1 hs2', sha256(first), prefixed(suite, id, dh, ephemeralKey));
  return { first, second };
}

function firstTranscript(accessKey: string, hs1: Hs1): Uint8Array {
  const { suites, id, dh, ephemeralKey, recipient } = hs1;
  const parts = [accessKey, suites.join(','), id, dh, ephemeralKey, recipient ?? ''];
  return concat('vestnik1 hs1', prefixed(...parts));
}

function prefixed(...parts: readonly Part[]): Uint8Array {
  return concat(...parts.map(lengthPrefixed));
}

/** Proof that an `hs1` comes from somebody who has met us. */
export function hs1Mac(hopKey: Uint8Array, accessKey: string, hs1: Hs1): Uint8Array {
  return hmac(hopKey, 'hs1', firstTranscript(accessKey, hs1));
}

/** Proof that the responder has the keys, over all that was said. */
export function hs2Mac(confirmationKey: Uint8Array, { second }: Transcript): Uint8Array {
  return hmac(confirmationKey, 'hs2', second);
}

/**
 * RK, CK0, KC and sid: the keys of a session.
 *
 * @param shares The four shared secrets, in the order of the source.
 */
export function keySchedule(
  { first, second }: Transcript,
  shares: readonly Uint8Array[],
): SessionKeys & Readonly<{ confirmationKey: Uint8Array }> {
  const prk = hmac(sha256(first, second), ...shares);
  const keys = hkdfExpand(prk, 'vestnik1 dr1 keys', 112);
  return {
    rootKey: keys.slice(0, 32),
    chainKey: keys.slice(32, 64),
    confirmationKey: keys.slice(64, 96),
    sessionId: keys.slice(96),
  };
}
