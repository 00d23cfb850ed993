/** The owner's password, which a listener beyond loopback must have (G12). */
import { scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '../domain/ports.ts';
import { WireError } from '../wire/check.ts';

/** UTF-16 units. */
export const PASSWORD_MIN_LENGTH = 10;
/** Cost of one hash: about 80 ms and 32 MiB. Kept with each hash, so that it can grow. */
const SCRYPT_COST: ScryptCost = { n: 2 ** 15, r: 8, p: 1 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Parameters of scrypt (RFC 7914): its cost, block size and parallelization. */
export type ScryptCost = Readonly<{ n: number; r: number; p: number }>;

/** What is kept of a password; salt and hash are base64url. */
export type PasswordHash = ScryptCost & Readonly<{ salt: string; hash: string }>;

/**
 * What to keep of a password.
 *
 * @param cost What each look at a guess takes.
 * @throws {WireError} `bad_request`: too short.
 */
export async function hashPassword(
  password: string,
  random: Random,
  cost = SCRYPT_COST,
): Promise<PasswordHash> {
  if (password.length < PASSWORD_MIN_LENGTH) {
    throw new WireError(
      'bad_request',
      `a password has ${PASSWORD_MIN_LENGTH} characters or more`,
      'password',
    );
  }
  const salt = Buffer.from(random.bytes(SALT_BYTES));
  const derived = await derive(password, salt, cost);
  return {
    ...cost,
    salt: salt.toString('base64url'),
    hash: derived.toString('base64url'),
  };
}

/** Whether this is the password. */
export async function isPassword(password: string, kept: PasswordHash): Promise<boolean> {
  const expected = Buffer.from(kept.hash, 'base64url');
  const derived = await derive(password, Buffer.from(kept.salt, 'base64url'), kept);
  return derived.byteLength === expected.byteLength && timingSafeEqual(derived, expected);
}

function derive(password: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: 256 * n * r };
    // The same password may be typed in two ways that look alike.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}
