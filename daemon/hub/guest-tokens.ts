/** Which tokens the owner gave to guests, and what each of them may. */
import { accessKeyDigest } from '../crypto/digest.ts';
import { OPEN_GRANT, type GuestGrant } from '../domain/guest-grant.ts';

/** Grants by token; empty: nobody needs one. */
export type TokenGrants = ReadonlyMap<string, GuestGrant>;

/** What is known of somebody who may come in. */
export type Admission = Readonly<{
  /** Digest of the token; `undefined` where none is asked for. */
  token: string | undefined;
  grant: GuestGrant;
}>;

export class GuestTokens {
  /** By digest, so that looking one up tells nothing about another. */
  readonly #byDigest: ReadonlyMap<string, GuestGrant>;

  constructor(tokens: TokenGrants) {
    this.#byDigest = new Map([...tokens].map(([token, grant]) => [accessKeyDigest(token), grant]));
  }

  /** What a guest with this token, or none, may; `undefined`: not even come in. */
  admit(token: string | undefined): Admission | undefined {
    if (this.#byDigest.size === 0) return { token: undefined, grant: OPEN_GRANT };
    if (token === undefined) return undefined;
    const digest = accessKeyDigest(token);
    const grant = this.#byDigest.get(digest);
    return grant && { token: digest, grant };
  }
}
