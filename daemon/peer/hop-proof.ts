/**
 * Who a request proves to come from, by its header `Vestnik-Auth`, and the proof that our answer carries in return.
 *
 * Source: docs/peer-protocol.md#proof, docs/encryption.md#hop-authentication, E12.
 */
import {
  authenticateResponse,
  isRequestGenuine,
  type HopKeys,
  type HopRequest,
  type HopResponse,
} from '../crypto/hop-auth.ts';
import type { Contact } from '../domain/model.ts';
import { WireError } from '../wire/check.ts';
import { formatHopAuth, parseHopAuth, type HopAuth } from '../wire/e2e.ts';

/** A contact with an identity, and the keys that we share with it. */
export type HopEntry = Readonly<{ contact: Contact; keys: HopKeys }>;

/** Contacts with an identity, as the peer port looks them up. */
export interface HopBook {
  /** Contacts to which we issued an access key with this hint: hardly ever more than one. */
  byKeyHint(hint: Uint8Array): readonly HopEntry[];
  /** Contacts whose address has this host. */
  byHost(host: string): readonly HopEntry[];
  /** The keys of the hop to a contact; `undefined` as long as it has no identity. */
  keysOf(contact: Contact): HopKeys | undefined;
}

/** A header that names somebody, before the body is there that could prove it. */
export type HopClaim = Readonly<{ auth: HopAuth; candidates: readonly HopEntry[] }>;

/** A request's sender, proven. */
export type ProvenHop = HopEntry & Readonly<{ auth: HopAuth }>;

/** MACs that one request may cost us: so many contacts may share a host and have no key of ours yet. */
const CANDIDATES_MAX = 16;

/**
 * Whom a request's header names. A malformed header is none, and a blocked contact is a stranger.
 *
 * @param host Host that the request came from: whoever has no key of ours yet is looked up by it.
 */
export function readClaim(
  header: string | readonly string[] | undefined,
  host: string,
  book: Pick<HopBook, 'byKeyHint' | 'byHost'>,
): HopClaim | undefined {
  const auth = typeof header === 'string' ? tryParse(header) : undefined;
  if (auth === undefined) return undefined;
  const named = auth.keyHint === undefined ? book.byHost(host) : book.byKeyHint(auth.keyHint);
  const candidates = named.filter(({ contact }) => !contact.isBlocked).slice(0, CANDIDATES_MAX);
  return candidates.length === 0 ? undefined : { auth, candidates };
}

function tryParse(header: string): HopAuth | undefined {
  try {
    return parseHopAuth(header);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Who proves, by a MAC over the very bytes that came, to be one of those whom the header names. */
export function prove(claim: HopClaim | undefined, request: HopRequest): ProvenHop | undefined {
  const found = claim?.candidates.find(({ keys }) => isRequestGenuine(keys, claim.auth, request));
  return claim === undefined || found === undefined ? undefined : { ...found, auth: claim.auth };
}

/** The header of our answer to a request that was proven. */
export function answerHeader({ keys, auth }: ProvenHop, response: HopResponse): string {
  return formatHopAuth(authenticateResponse(keys, auth, response));
}
