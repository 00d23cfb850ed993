import type { Dh } from '../crypto/dh.ts';
import { openIdentity, SEED_BYTES, type Identity } from '../crypto/identity.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import type { Contact } from './model.ts';
import type { Clock, IdentityStore, OwnSeeds, Random } from './ports.ts';

type Dependencies = Readonly<{
  store: IdentityStore;
  dh: Dh;
  random: Pick<Random, 'bytes'>;
  clock: Pick<Clock, 'nowMs'>;
}>;

/** An identity that was ours, and since when it is not. */
export type FormerIdentity = Readonly<{ identity: Identity; since: number }>;

/**
 * Who we are: one identity for everybody who meets us, and for a while a former one, for contacts that have not been
 * told of the present one yet.
 */
export class OwnIdentities {
  readonly #deps: Dependencies;
  #seeds: OwnSeeds;
  /** Made when somebody first asks, so that no start waits for it. */
  #present: Identity | undefined;
  #former: FormerIdentity | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#seeds = deps.store.initial;
  }

  get present(): Identity {
    this.#present ??= openIdentity(this.#seeds.seed, this.#deps.dh);
    return this.#present;
  }

  get former(): FormerIdentity | undefined {
    const { former } = this.#seeds;
    this.#former ??= former && {
      identity: openIdentity(former.seed, this.#deps.dh),
      since: former.since,
    };
    return this.#former;
  }

  /** Who we are to a contact. */
  for(contact: Pick<Contact, 'knownAs'>): Identity {
    return (this.isFormerFor(contact) ? this.former?.identity : undefined) ?? this.present;
  }

  /** Whether a contact keeps our former identity. */
  isFormerFor({ knownAs }: Pick<Contact, 'knownAs'>): boolean {
    return knownAs !== undefined && knownAs === fingerprintText(this.former?.identity);
  }

  /**
   * Makes another identity the present one; durable when it resolves. Whoever calls has made sure that there is no
   * former one.
   *
   * @throws {StorageError} Nothing was changed.
   */
  async replace(): Promise<void> {
    const { store, dh, random, clock } = this.#deps;
    const seed = new Uint8Array(random.bytes(SEED_BYTES));
    const former = { seed: this.#seeds.seed, since: clock.nowMs() };
    const seeds = { seed, former };
    const identity = this.present;
    await store.save(seeds);
    this.#former = { identity, since: former.since };
    this.#present = openIdentity(seed, dh);
    this.#seeds = seeds;
  }

  /**
   * Forgets the former identity; it is gone from the disk when this resolves.
   *
   * @throws {StorageError} It is still there.
   */
  async retire(): Promise<void> {
    const seeds = { seed: this.#seeds.seed, former: undefined };
    await this.#deps.store.save(seeds);
    this.#seeds = seeds;
    this.#former = undefined;
  }
}

function fingerprintText(identity: Identity | undefined): string | undefined {
  return identity && encodeBase64url(identity.fingerprint);
}
