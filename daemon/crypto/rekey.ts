/**
 * Another identity in place of a former one: both sign it, for one recipient, so that nobody who has only one of them
 * can say so, and nobody can pass it on.
 *
 * Source: docs/encryption.md#another-identity, E4.
 */
import { concat } from './bytes.ts';
import {
  isBound,
  isSameIdentity,
  publicIdentity,
  type Identity,
  type PublicIdentity,
} from './identity.ts';
import { isGenuine, sign } from './signature.ts';

/** What a contact is told. */
export type RekeyNotice = Readonly<{
  /** The next identity's lasting public keys, and their bond. */
  id: Uint8Array;
  dh: Uint8Array;
  bind: Uint8Array;
  /** Signatures of the former and of the next identity over the same. */
  byFormer: Uint8Array;
  byNext: Uint8Array;
}>;

const LABEL = 'vestnik1 rekey';

/**
 * Says that `next` takes the place of `former`. Slow: two signatures.
 *
 * @param recipient Fingerprint of the contact that is told.
 */
export function signRekey(former: Identity, next: Identity, recipient: Uint8Array): RekeyNotice {
  const { id, dh, bind } = next;
  const said = saidOf(former, next, recipient);
  return { id, dh, bind, byFormer: sign(former.sign, said), byNext: sign(next.sign, said) };
}

/** Who says it, and to whom, as the recipient knows them. */
export type RekeyEnds = Readonly<{
  former: PublicIdentity;
  /** Our fingerprint, as the sender keeps it. */
  recipient: Uint8Array;
}>;

/**
 * The identity that takes the former one's place.
 *
 * @returns `undefined` when it is not signed by both for this recipient, or is nobody new.
 */
export function verifyRekey(
  { id, dh, bind, byFormer, byNext }: RekeyNotice,
  { former, recipient }: RekeyEnds,
): PublicIdentity | undefined {
  const next = publicIdentity(id, dh);
  if (isSameIdentity(next, former)) return undefined;
  const said = saidOf(former, next, recipient);
  const isSigned =
    isBound(next, bind) && isGenuine(former.id, said, byFormer) && isGenuine(next.id, said, byNext);
  return isSigned ? next : undefined;
}

/** Three fingerprints of the same size after a label, so that nothing can be moved between them. */
function saidOf(former: PublicIdentity, next: PublicIdentity, recipient: Uint8Array): Uint8Array {
  return concat(LABEL, former.fingerprint, next.fingerprint, recipient);
}
