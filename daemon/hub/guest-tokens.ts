/** Which tokens the owner gave to guests, and what each of them may. */
import { accessKeyDigest } from '../crypto/digest.ts';
import type { GuestRight } from '../domain/turntable-client.ts';

/** Rights by token; empty: nobody needs one, and nobody has a right. */
export type TokenRights = ReadonlyMap<string, readonly GuestRight[]>;

/** What is known of somebody who may come in. */
export type GuestGrant = Readonly<{
  /** Digest of the token; `undefined` where none is asked for. */
  token: string | undefined;
  rights: ReadonlySet<GuestRight>;
}>;

export class GuestTokens {
  /** By digest, so that looking one up tells nothing about another. */
  readonly #byDigest: ReadonlyMap<string, ReadonlySet<GuestRight>>;

  constructor(tokens: TokenRights) {
    this.#byDigest = new Map(
      [...tokens].map(([token, rights]) => [accessKeyDigest(token), new Set(rights)]),
    );
  }

  /** What a guest with this token, or none, may; `undefined`: not even come in. */
  grantFor(token: string | undefined): GuestGrant | undefined {
    if (this.#byDigest.size === 0) return { token: undefined, rights: new Set() };
    if (token === undefined) return undefined;
    const digest = accessKeyDigest(token);
    const rights = this.#byDigest.get(digest);
    return rights && { token: digest, rights };
  }
}
