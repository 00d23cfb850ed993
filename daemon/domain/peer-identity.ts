/** Identities of peers between their two forms: text in documents and interfaces, bytes for the cryptography. */
import { isBound, publicIdentity, type PublicIdentity } from '../crypto/identity.ts';
import { decodeBase64url, encodeBase64url } from '../wire/base64url.ts';
import type { ClaimedIdentity, PeerIdentity } from './model.ts';

/** The fingerprint of an identity, base64url. */
export function fingerprintOf(identity: PeerIdentity): string {
  return encodeBase64url(toPublicIdentity(identity).fingerprint);
}

/** An identity as bytes, with its fingerprint. */
export function toPublicIdentity({ id, dh }: PeerIdentity): PublicIdentity {
  return publicIdentity(decodeBase64url(id), decodeBase64url(dh));
}

/** An identity as text. */
export function toPeerIdentity({ id, dh }: Pick<PublicIdentity, 'id' | 'dh'>): PeerIdentity {
  return { id: encodeBase64url(id), dh: encodeBase64url(dh) };
}

/** Whether both keys of an identity belong to the same person, as it claims. Public-key work: not for strangers (E20). */
export function isGenuineClaim(claim: ClaimedIdentity): boolean {
  return isBound(toPublicIdentity(claim), decodeBase64url(claim.bind));
}
