import { tweetnaclDh } from '../../daemon/crypto/dh.ts';
import { openIdentity, type Identity } from '../../daemon/crypto/identity.ts';
import { sha256 } from '../../daemon/crypto/kdf.ts';
import type { ClaimedIdentity } from '../../daemon/domain/model.ts';
import { encodeBase64url } from '../../daemon/wire/base64url.ts';

/** The identity of somebody by this name, always the same. */
export function personNamed(name: string): Identity {
  return openIdentity(sha256(name), tweetnaclDh);
}

/** What an `Owner` tells of an identity. */
export function describePerson({ id, fingerprint }: Identity): {
  id: string;
  fingerprint: string;
} {
  return { id: encodeBase64url(id), fingerprint: encodeBase64url(fingerprint) };
}

/** What somebody's handshake says about an identity. */
export function claimOf({ id, dh, bind }: Identity): ClaimedIdentity {
  return {
    id: encodeBase64url(id),
    dh: encodeBase64url(dh),
    bind: encodeBase64url(bind),
  };
}
