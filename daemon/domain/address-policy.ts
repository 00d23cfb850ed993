import { classifyAddress, isOverlay, splitAddress, type Address } from '../wire/address.ts';
import { DomainError } from './errors.ts';
import type { OwnAddresses } from './ports.ts';

/** Ports of well-known services; a peer that names one wants us to knock elsewhere. Source: docs/security.md, G21. */
const SERVICE_PORTS: ReadonlySet<number> = new Set([2049, 3306, 5432, 6379, 9200, 11211, 27017]);
const X11_PORTS = { first: 6000, last: 6010 } as const;
const UNPRIVILEGED_PORT_MIN = 1024;

/** Why we must not talk to an address, as a sentence; `undefined` when we may. */
export type AddressVerdict = string | undefined;

/**
 * Judges an address that the owner typed or accepted (G21).
 *
 * Private networks are fine here, since it was a person who chose them.
 */
export function judgeTypedAddress(address: Address, own: OwnAddresses): AddressVerdict {
  if (own.isOwn(address)) return 'that is your own address';
  switch (classifyAddress(address)) {
    case 'refused':
      return 'nobody can have that address';
    case 'loopback':
      return own.isLoopbackAllowed ? undefined : 'that address leads to this computer itself';
    default:
      return undefined;
  }
}

/** Judges a port that a peer named and no person has seen yet (G21). */
export function judgeClaimedPort(address: Address): AddressVerdict {
  const { port } = splitAddress(address);
  const isService =
    port < UNPRIVILEGED_PORT_MIN ||
    SERVICE_PORTS.has(port) ||
    (port >= X11_PORTS.first && port <= X11_PORTS.last);
  return isService ? 'that port belongs to another service' : undefined;
}

/**
 * Judges an address that a peer, and no person, named: where it says it is now, or where a third one is (G21).
 *
 * @param from An address of the same daemon that a person chose: nobody leads us from one kind of network into
 *   another, for example from the Internet into ours.
 */
export function judgeLearnedAddress(
  address: Address,
  own: OwnAddresses,
  { from }: Readonly<{ from: Address }>,
): AddressVerdict {
  const verdict = judgeTypedAddress(address, own) ?? judgeClaimedPort(address);
  if (verdict !== undefined) return verdict;
  const kind = classifyAddress(address);
  if (kind !== classifyAddress(from)) return 'that address is in another kind of network';
  // Loopback passed the first judgement only if we are on loopback ourselves.
  const isReachable = kind === 'public' || kind === 'loopback' || isOverlay(kind);
  return isReachable ? undefined : 'only a person can choose an address in a private network';
}

/** @throws {DomainError} `bad_address`, with the verdict as its sentence. */
export function requireAllowedAddress(address: Address, own: OwnAddresses): void {
  const verdict = judgeTypedAddress(address, own);
  if (verdict !== undefined) throw new DomainError('bad_address', verdict);
}

/**
 * Whether a contact may mean itself by an address that is not its own as we know it: a daemon behind NAT knows itself by
 * one that nobody else uses.
 */
export function isOwnBehindNat(named: Address, known: Address): boolean {
  const isPrivate = ['private', 'loopback'].includes(classifyAddress(named));
  return isPrivate && classifyAddress(known) === 'public';
}
