/**
 * X25519 (RFC 7748) in two back ends that give the same bytes: tweetnacl, the reference, and node:crypto, which
 * is many times as fast where OpenSSL has it.
 *
 * Source: docs/encryption.md#notation, E2.
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import { concat, isEqualBytes, type RandomBytes } from './bytes.ts';

/** Bytes of a secret, of a public key and of a shared secret. */
export const DH_BYTES = 32;

/** A secret and the public key that belongs to it. */
export type DhKeyPair = Readonly<{ secret: Uint8Array; publicKey: Uint8Array }>;

/** Key agreement. Keys of another size than 32 bytes are a defect of the caller and throw. */
export interface Dh {
  readonly name: 'tweetnacl' | 'node:crypto';
  /** The key pair of a secret of 32 random bytes, which is clamped on use. */
  keyPair(secret: Uint8Array): DhKeyPair;
  /**
   * The secret shared with the owner of a public key.
   *
   * @returns `undefined` when it would be all zero, so known to everybody: the other's key is of small order.
   */
  agree(own: DhKeyPair, other: Uint8Array): Uint8Array | undefined;
  /** Wipes the secret of a pair that is no longer needed, as far as JavaScript can. */
  wipe(pair: DhKeyPair): void;
}

/** A fresh key pair. */
export function generateKeyPair(dh: Dh, randomBytes: RandomBytes): DhKeyPair {
  return dh.keyPair(randomBytes(DH_BYTES));
}

/** The reference. */
export const tweetnaclDh: Dh = {
  name: 'tweetnacl',
  keyPair: (secret) => ({ secret, publicKey: nacl.scalarMult.base(secret) }),
  agree: ({ secret }, other) => {
    const shared = nacl.scalarMult(secret, other);
    return isEqualBytes(shared, ALL_ZERO) ? undefined : shared;
  },
  wipe: ({ secret }) => secret.fill(0),
};

const ALL_ZERO = new Uint8Array(DH_BYTES);
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** The fast one. It remembers imported secrets for as long as their key pairs are in use. */
export function createNodeDh(): Dh {
  const imported = new WeakMap<DhKeyPair, KeyObject>();

  function importSecret(pair: DhKeyPair): KeyObject {
    const known = imported.get(pair);
    if (known !== undefined) return known;
    const key = toPrivateKey(pair.secret);
    imported.set(pair, key);
    return key;
  }

  return {
    name: 'node:crypto',
    keyPair: (secret) => {
      const key = toPrivateKey(secret);
      const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
      const pair = { secret, publicKey: new Uint8Array(spki.subarray(-DH_BYTES)) };
      imported.set(pair, key);
      return pair;
    },
    agree: (own, other) => {
      const publicKey = toPublicKey(other);
      try {
        const shared = diffieHellman({ privateKey: importSecret(own), publicKey });
        return new Uint8Array(shared);
      } catch {
        // OpenSSL throws for a key of small order, under a code that differs between versions: ask the reference.
        return tweetnaclDh.agree(own, other);
      }
    },
    wipe: (pair) => {
      imported.delete(pair);
      pair.secret.fill(0);
    },
  };
}

function toPrivateKey(secret: Uint8Array): KeyObject {
  const key = Buffer.from(concat(PKCS8_PREFIX, checkSize(secret)));
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function toPublicKey(bytes: Uint8Array): KeyObject {
  const key = Buffer.from(concat(SPKI_PREFIX, checkSize(bytes)));
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function checkSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length === DH_BYTES) return bytes;
  throw new RangeError(`a key of ${bytes.length} bytes instead of ${DH_BYTES}`);
}

/** RFC 7748, section 6.1: a secret, its public key, another public key, and what the two share. */
const [KNOWN_SECRET, KNOWN_PUBLIC_KEY, KNOWN_OTHER, KNOWN_SHARED] = [
  '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
  '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
] as const;
const SELF_TEST_PAIRS = 8;

/**
 * A back end that is chosen when the first key is needed: a start need not wait for the choice.
 *
 * @param choose As `chooseDh`.
 */
export function lateDh(choose: () => Dh): Dh {
  let chosen: Dh | undefined;
  const dh = (): Dh => (chosen ??= choose());
  return {
    get name() {
      return dh().name;
    },
    keyPair: (secret) => dh().keyPair(secret),
    agree: (own, other) => dh().agree(own, other),
    wipe: (pair) => dh().wipe(pair),
  };
}

/**
 * The faster back end, if it gives the reference's bytes on this machine; else the reference. Costs 15 to 40 ms; meant
 * to be called once.
 */
export function chooseDh(randomBytes: RandomBytes, openFast: () => Dh = createNodeDh): Dh {
  try {
    const fast = openFast();
    return passesSelfTest(fast, randomBytes) ? fast : tweetnaclDh;
  } catch {
    // Whatever it is that this build of Node lacks, the reference does without.
    return tweetnaclDh;
  }
}

function passesSelfTest(dh: Dh, randomBytes: RandomBytes): boolean {
  const known = dh.keyPair(Buffer.from(KNOWN_SECRET, 'hex'));
  if (!isEqualBytes(known.publicKey, Buffer.from(KNOWN_PUBLIC_KEY, 'hex'))) return false;
  const shared = dh.agree(known, Buffer.from(KNOWN_OTHER, 'hex'));
  if (shared === undefined || !isEqualBytes(shared, Buffer.from(KNOWN_SHARED, 'hex'))) return false;
  if (dh.agree(known, ALL_ZERO) !== undefined) return false;
  return Array.from({ length: SELF_TEST_PAIRS }).every(() => agreesWithReference(dh, randomBytes));
}

function agreesWithReference(dh: Dh, randomBytes: RandomBytes): boolean {
  const own = generateKeyPair(dh, randomBytes);
  const other = generateKeyPair(tweetnaclDh, randomBytes);
  const shared = dh.agree(own, other.publicKey);
  const expected = tweetnaclDh.agree(other, own.publicKey);
  return shared !== undefined && expected !== undefined && isEqualBytes(shared, expected);
}

/** A back end that counts its public-key operations: for tests, and to watch that strangers cause none (E20). */
export class CountedDh implements Dh {
  readonly #dh: Dh;
  /** Public keys computed so far. */
  generated = 0;
  /** Shared secrets computed so far. */
  agreed = 0;

  constructor(dh: Dh) {
    this.#dh = dh;
  }

  get name(): Dh['name'] {
    return this.#dh.name;
  }

  /** Public-key operations so far. */
  get count(): number {
    return this.generated + this.agreed;
  }

  keyPair(secret: Uint8Array): DhKeyPair {
    this.generated++;
    return this.#dh.keyPair(secret);
  }

  agree(own: DhKeyPair, other: Uint8Array): Uint8Array | undefined {
    this.agreed++;
    return this.#dh.agree(own, other);
  }

  wipe(pair: DhKeyPair): void {
    this.#dh.wipe(pair);
  }
}
