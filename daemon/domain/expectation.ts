import { DomainError } from './errors.ts';
import type { Contact, ContactRequest, ExpectedPeer } from './model.ts';
import { fingerprintOf, isGenuineClaim } from './peer-identity.ts';

/** Whom we want under an address, as far as we know before its own handshake has come. */
export type Expectation = Pick<Contact, 'encryption' | 'expected'>;

/**
 * Whom a request that the owner accepts makes us expect (E4, E5): the one whom it says, until a session proves it.
 *
 * @param wanted Whom we expected already.
 * @throws {DomainError} `forbidden`: it is not from whom it says; `identity_changed`: from somebody else than wanted.
 */
export function expectationOf(
  { address, identity }: ContactRequest,
  wanted: ExpectedPeer | undefined,
): Expectation {
  const fingerprint = identity === undefined ? undefined : fingerprintOf(identity);
  if (wanted !== undefined && wanted.fingerprint !== fingerprint) {
    throw new DomainError(
      'identity_changed',
      `whoever asks from ${address} is not whom your contact link names`,
    );
  }
  if (identity === undefined || fingerprint === undefined) {
    return { encryption: 'plain', expected: undefined };
  }
  if (!isGenuineClaim(identity)) {
    throw new DomainError(
      'forbidden',
      `the request from ${address} is forged: its keys do not belong together`,
    );
  }
  const claimed: ExpectedPeer = { fingerprint, source: 'request', invitation: undefined };
  return { encryption: 'undecided', expected: wanted ?? claimed };
}

/** Whether a parked request says that it is from whom we expect; from anybody where we expect nobody. */
export function isFromExpected(
  { identity }: ContactRequest,
  wanted: ExpectedPeer | undefined,
): boolean {
  if (wanted === undefined) return true;
  return identity !== undefined && fingerprintOf(identity) === wanted.fingerprint;
}
