/** Which tokens the owner gave to guests, and what each of them may. */
import { accessKeyDigest } from '../crypto/digest.ts';
import { OPEN_GRANT, type GuestGrant } from '../domain/guest-grant.ts';
import type { Clock } from '../domain/ports.ts';
import { GuessThrottle } from '../http/guess-throttle.ts';

/** Tokens of callers of which it is remembered that they were looked at. */
const REMEMBERED_MAX = 10_000;

/** Grants by token; empty: nobody needs one. */
export type TokenGrants = ReadonlyMap<string, GuestGrant>;

/** What is known of somebody who may come in. */
export type Admission = Readonly<{
  /** Digest of the token; `undefined` where none is asked for. */
  token: string | undefined;
  grant: GuestGrant;
}>;

/** Why somebody may not come in: the token is `unknown`, or its bearer has guessed too often and has to `wait`. */
export type TokenRefusal = 'unknown' | 'wait';

export class GuestTokens {
  /** By digest, so that looking one up tells nothing about another. */
  readonly #byDigest: ReadonlyMap<string, GuestGrant>;
  readonly #throttle: GuessThrottle;
  /**
   * Which token came from whom, longest ago first. One that comes again is no new guess: a program that tries its old
   * token for ever keeps nobody out who comes from the same network, and a guesser not those who were in already.
   */
  readonly #seen = new Set<string>();

  constructor(tokens: TokenGrants, clock: Pick<Clock, 'monotonicMs'>) {
    this.#byDigest = new Map([...tokens].map(([token, grant]) => [accessKeyDigest(token), grant]));
    this.#throttle = new GuessThrottle(clock);
  }

  /**
   * What a guest with this token, or none, may.
   *
   * @param caller Who shows it, as `callerOf` names him.
   */
  admit(token: string | undefined, caller: string): Admission | TokenRefusal {
    if (this.#byDigest.size === 0) return { token: undefined, grant: OPEN_GRANT };
    if (token === undefined) return 'unknown';
    const digest = accessKeyDigest(token);
    const grant = this.#byDigest.get(digest);
    const sight = `${caller} ${digest}`;
    if (!this.#seen.has(sight)) {
      if (this.#throttle.waitMs(caller) > 0) return 'wait';
      // Who knows one token does not begin anew: he might guess others in between.
      if (grant === undefined) this.#throttle.fail(caller);
    }
    this.#remember(sight);
    return grant === undefined ? 'unknown' : { token: digest, grant };
  }

  #remember(sight: string): void {
    this.#seen.delete(sight);
    this.#seen.add(sight);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }
}
