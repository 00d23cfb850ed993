/** Addresses for the eye. */
import {
  classifyAddress,
  DEFAULT_PEER_PORT,
  splitAddress,
  tryParseAddress,
  type Address,
  type AddressClass,
} from '../../../daemon/wire/address.ts';

/** The first and the last group of a long address: enough to tell friends apart, not to trust one. */
export function shortAddress(address: Address): string {
  const { host, port } = splitAddress(address);
  const groups = host.split(':');
  const isLong = groups.length > 4;
  const short = isLong ? `${groups[0] ?? ''}:…:${groups.at(-1) ?? ''}` : host;
  if (port === DEFAULT_PEER_PORT) return short;
  return short.includes(':') ? `[${short}]:${port}` : `${short}:${port}`;
}

/** An address as a link that friends can paste, IPv6 always in brackets. */
export function addressLink(address: Address): string {
  const { host, port } = splitAddress(address);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PEER_PORT ? `vestnik://${bracketed}` : `vestnik://${bracketed}:${port}`;
}

/** What can be said about an address while it is being typed. */
export type AddressVerdict = Readonly<
  | { state: 'empty' }
  | { state: 'bad' }
  | { state: 'own' }
  | { state: 'known'; address: Address }
  | { state: 'refused'; address: Address }
  | { state: 'good'; address: Address; kind: AddressClass; port: number }
>;

/** Judges what somebody types as a friend's address, in any spelling. */
export function judgeAddress(
  text: string,
  known: Readonly<{ own: readonly Address[]; contacts: ReadonlySet<string> }>,
): AddressVerdict {
  if (text.trim() === '') return { state: 'empty' };
  const address = tryParseAddress(text);
  if (address === undefined) return { state: 'bad' };
  if (known.own.includes(address)) return { state: 'own' };
  if (known.contacts.has(address)) return { state: 'known', address };
  const kind = classifyAddress(address);
  if (kind === 'refused') return { state: 'refused', address };
  return { state: 'good', address, kind, port: splitAddress(address).port };
}
