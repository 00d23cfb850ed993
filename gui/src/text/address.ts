/** Addresses and contact links for the eye. */
import {
  classifyAddress,
  DEFAULT_PEER_PORT,
  splitAddress,
  tryParseAddress,
  type Address,
  type AddressClass,
} from '../../../daemon/wire/address.ts';
import { WireError } from '../../../daemon/wire/check.ts';
import {
  formatContactLink,
  isContactLink,
  parseContactLink,
} from '../../../daemon/wire/contact-link.ts';

/** The first and the last group of a long address: enough to tell friends apart, not to trust one. */
export function shortAddress(address: Address): string {
  const { host, port } = splitAddress(address);
  const groups = host.split(':');
  const isLong = groups.length > 4;
  const short = isLong ? `${groups[0] ?? ''}:…:${groups.at(-1) ?? ''}` : host;
  if (port === DEFAULT_PEER_PORT) return short;
  return short.includes(':') ? `[${short}]:${port}` : `${short}:${port}`;
}

/**
 * What friends can paste to reach somebody: a contact link for everybody if the fingerprint is known, else the
 * address as a link, IPv6 always in brackets.
 */
export function addressLink(address: Address, fingerprint: string | null | undefined): string {
  if (typeof fingerprint === 'string') {
    return formatContactLink({ address, fingerprint, invitation: undefined });
  }
  const { host, port } = splitAddress(address);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PEER_PORT ? `vestnik://${bracketed}` : `vestnik://${bracketed}:${port}`;
}

/** What can be said about an address or a contact link while it is being typed. */
export type AddressVerdict = Readonly<
  | { state: 'empty' }
  | { state: 'bad' }
  /** A contact link of which something is missing or wrong. */
  | { state: 'bad_link' }
  | { state: 'own' }
  | { state: 'known'; address: Address; isLink: boolean }
  | { state: 'refused'; address: Address }
  | { state: 'good'; address: Address; kind: AddressClass; port: number; isLink: boolean }
>;

/** Who is there already. */
export type Acquaintance = Readonly<{
  own: readonly Address[];
  ownFingerprint: string | undefined;
  contacts: ReadonlySet<string>;
}>;

/** Judges what somebody types as a friend's address, in any spelling, or pastes as a contact link. */
export function judgeAddress(text: string, known: Acquaintance): AddressVerdict {
  if (text.trim() === '') return { state: 'empty' };
  const isLink = isContactLink(text);
  const place = isLink
    ? readLink(text)
    : { address: tryParseAddress(text), fingerprint: undefined };
  if (place?.address === undefined) return { state: isLink ? 'bad_link' : 'bad' };
  const { address, fingerprint } = place;
  const isOwn = fingerprint !== undefined && fingerprint === known.ownFingerprint;
  if (isOwn || known.own.includes(address)) return { state: 'own' };
  if (known.contacts.has(address)) return { state: 'known', address, isLink };
  const kind = classifyAddress(address);
  if (kind === 'refused') return { state: 'refused', address };
  return { state: 'good', address, kind, port: splitAddress(address).port, isLink };
}

function readLink(text: string): ReturnType<typeof parseContactLink> | undefined {
  try {
    return parseContactLink(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
