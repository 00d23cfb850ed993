/** Who a request on the peer listener comes from. */
import type { IncomingMessage } from 'node:http';
import { RequestError } from '../http/request-error.ts';
import { canonicalHost, isOverlayConnection } from '../wire/address.ts';
import { HOP_AUTH_HEADER } from '../wire/e2e.ts';
import { prove, readClaim, type HopBook, type HopClaim, type ProvenHop } from './hop-proof.ts';
import type { StrangerLimits, Visit } from './stranger-limits.ts';

export type ArrivalDependencies = Readonly<{
  hops: Pick<HopBook, 'byKeyHint' | 'byHost'>;
  /** Whether a contact's address has this host. */
  isContactHost: (host: string) => boolean;
  strangers: StrangerLimits;
}>;

/** A request before its body. */
export type Arrival = Readonly<{
  host: string;
  isHostProven: boolean;
  claim: HopClaim | undefined;
  seemsContact: boolean;
  visit: Visit;
}>;

/**
 * Takes a request in, as far as its head tells who sent it.
 *
 * @throws {RequestError} As `StrangerLimits.enter`, which also throws {Overloaded}.
 */
export function arrive(
  request: IncomingMessage,
  { hops, isContactHost, strangers }: ArrivalDependencies,
): Arrival {
  const { remoteAddress, localAddress } = request.socket;
  const host = canonicalHost(remoteAddress);
  if (host === undefined) throw new RequestError('bad_request', 'the connection is gone');
  const isHostProven = isOverlayConnection(host, canonicalHost(localAddress));
  const claim = readClaim(request.headers[HOP_AUTH_HEADER.toLowerCase()], host, hops);
  const seemsContact = claim !== undefined || isContactHost(host);
  const visit = strangers.enter(host, seemsContact);
  return { host, isHostProven, claim, seemsContact, visit };
}

/**
 * Who a request proves to come from.
 *
 * @throws {RequestError} `too_many_requests`: the header named a contact, and somebody else sent it.
 */
export function proofOf(
  { method = '', url: target = '' }: IncomingMessage,
  { claim, visit }: Arrival,
  body: Buffer,
): ProvenHop | undefined {
  const proven = prove(claim, { method, target, body });
  if (claim !== undefined && proven === undefined) visit.countStranger();
  return proven;
}
