import { isEqualSecret } from '../crypto/digest.ts';
import { sha256 } from '../crypto/kdf.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import { INVITATION_BYTES } from '../wire/contact-link.ts';
import type { Clock, Invitation, InvitationStore, Random } from './ports.ts';

/** Contact links that may be open at once; the oldest gives way. */
export const INVITATIONS_MAX = 100;
/** How long a contact link is good for, in milliseconds. Source: docs/encryption.md#contact-links. */
export const INVITATION_LIFE_MS = 7 * 86_400_000;

/** A token that has just been made. It is kept nowhere: whoever is given it is the only one who has it. */
export type IssuedInvitation = Readonly<{
  /** base64url. */
  token: string;
  expiresAt: number;
}>;

type Dependencies = Readonly<{
  store: InvitationStore;
  clock: Pick<Clock, 'nowMs'>;
  random: Pick<Random, 'bytes'>;
}>;

/**
 * The one-use tokens of the contact links that we gave away.
 *
 * They run out by the wall clock alone (D12): should it jump, a link dies too early or lives too long, and a new one is
 * quickly made.
 */
export class Invitations {
  readonly #deps: Dependencies;
  /** Oldest first. */
  #open: readonly Invitation[];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#open = deps.store.initial;
  }

  /**
   * Makes a token; durable when it resolves.
   *
   * @throws {StorageError} There is no token.
   */
  async issue(): Promise<IssuedInvitation> {
    const { clock, random } = this.#deps;
    const token = encodeBase64url(random.bytes(INVITATION_BYTES));
    const createdAt = clock.nowMs();
    const issued: Invitation = { tokenHash: hashOf(token), createdAt };
    await this.#keep([...this.#alive().slice(1 - INVITATIONS_MAX), issued]);
    return { token, expiresAt: createdAt + INVITATION_LIFE_MS };
  }

  /**
   * Uses a token up: it is good once, also when two come with it at the same time.
   *
   * @param token As somebody showed it, whatever that is.
   * @returns Whether it was one of ours and still good.
   * @throws {StorageError} It was not used up.
   */
  async redeem(token: string): Promise<boolean> {
    const tokenHash = hashOf(token);
    const alive = this.#alive();
    // Each one is compared, so that the time taken does not tell which of them it was.
    const others = alive.filter((one) => !isEqualSecret(one.tokenHash, tokenHash));
    if (others.length === alive.length) return false;
    await this.#keep(others);
    return true;
  }

  #alive(): readonly Invitation[] {
    const nowMs = this.#deps.clock.nowMs();
    return this.#open.filter(({ createdAt }) => nowMs - createdAt < INVITATION_LIFE_MS);
  }

  /** In memory at once, so that nobody else uses the same token while this is being written. */
  async #keep(open: readonly Invitation[]): Promise<void> {
    const former = this.#open;
    this.#open = open;
    try {
      await this.#deps.store.save(open);
    } catch (error) {
      // What was built on it meanwhile stays: a link too few harms nobody.
      if (this.#open === open) this.#open = former;
      throw error;
    }
  }
}

/** The tokens have 128 random bits, so a bare digest gives nothing of them away. */
function hashOf(token: string): string {
  return encodeBase64url(sha256(token));
}
