/**
 * Which addresses this machine has on overlays, and which of them a contact is told.
 *
 * Source: docs/peer-protocol.md (our own address as others are told it), docs/security.md, G21.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import {
  canonicalHost,
  classifyHost,
  formatAddress,
  isOverlay,
  splitAddress,
  type Address,
  type AddressClass,
} from '../wire/address.ts';

/** As `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** How good an address is to be told to friends; only overlay addresses are bound to a key. */
const RANK: Readonly<Record<AddressClass, number>> = {
  cjdns: 0,
  yggdrasil: 0,
  public: 1,
  private: 2,
  loopback: 3,
  refused: 4,
};

/** Every host that is this machine, best first: overlays, public, private, loopback. Canonical, each once. */
export function ownHosts(interfaces: Interfaces): readonly string[] {
  const hosts = new Set<string>();
  for (const entry of Object.values(interfaces).flatMap((entries) => entries ?? [])) {
    const host = canonicalHost(entry.address);
    if (host !== undefined) hosts.add(host);
  }
  return [...hosts].sort((a, b) => rank(a) - rank(b));
}

/** What the peer listener is bound to and what the owner said. */
export type OwnPlace = Readonly<{
  /** `--address`; wins over everything. */
  given: Address | undefined;
  /** Canonical host that the peer listener is bound to; `::` or `0.0.0.0` for all. */
  boundHost: string;
  /** The peer listener's real port. */
  port: number;
}>;

/** Every address that friends can use, best first; the one that the owner gave leads. */
export function ownAddresses(place: OwnPlace, interfaces: Interfaces): readonly Address[] {
  const isWildcard = place.boundHost === '::' || place.boundHost === '0.0.0.0';
  // All of 127.0.0.0/8 is this machine, but its interfaces name 127.0.0.1 alone.
  const hosts = isWildcard ? ownHosts(interfaces) : [place.boundHost];
  const reachable = hosts
    .filter((host) => isServed(host, place.boundHost) && classifyHost(host) !== 'refused')
    .map((host) => formatAddress({ host, port: place.port }));
  // Loopback is of use only to other daemons on this machine, and these know it by the bound host.
  const outward = reachable.filter((address) => !isLoopback(address));
  const found = outward.length > 0 ? outward : reachable;
  return place.given === undefined ? found : [...new Set([place.given, ...found])];
}

/**
 * Our address as a contact is told it: the one the owner gave, else ours on the overlay that the contact is on,
 * else the local address of the connection to it. Before there is a connection, ours that is most like the contact's:
 * a contact that knows us by IPv6 must not be told an IPv4 address.
 *
 * @param contact      Address of the contact.
 * @param localAddress Local address of the connection, as the socket gives it; `undefined` before there is one.
 * @returns            `undefined` when this machine has no address of the contact's family.
 */
export function addressFor(
  contact: Address,
  localAddress: string | undefined,
  place: OwnPlace,
  interfaces: Interfaces,
): Address | undefined {
  if (place.given !== undefined) return place.given;
  const { host: contactHost } = splitAddress(contact);
  const kind = classifyHost(contactHost);
  const onOverlay = isOverlay(kind) ? hostOfClass(kind, place, interfaces) : undefined;
  const host = onOverlay ?? canonicalHost(localAddress) ?? hostLike(contactHost, place, interfaces);
  return host === undefined ? undefined : formatAddress({ host, port: place.port });
}

/** Whether an address is one of our own listeners, whatever spelling: we never connect to it (G21). */
export function isOwnListener(
  address: Address,
  ownPorts: ReadonlySet<number>,
  place: OwnPlace,
  interfaces: Interfaces,
): boolean {
  if (address === place.given) return true;
  const { host, port } = splitAddress(address);
  if (!ownPorts.has(port)) return false;
  // All of 127.0.0.0/8 is this machine, whatever its interfaces say.
  const isHere = classifyHost(host) === 'loopback' && isServed(host, place.boundHost);
  return isHere || ownHosts(interfaces).includes(host);
}

function hostOfClass(
  kind: AddressClass,
  { boundHost }: OwnPlace,
  interfaces: Interfaces,
): string | undefined {
  return ownHosts(interfaces).find(
    (host) => classifyHost(host) === kind && isServed(host, boundHost),
  );
}

/** Of the same family, and of the same class if there is one. */
function hostLike(
  contactHost: string,
  { boundHost }: OwnPlace,
  interfaces: Interfaces,
): string | undefined {
  const kind = classifyHost(contactHost);
  const alike = ownHosts(interfaces).filter(
    (host) =>
      host.includes(':') === contactHost.includes(':') &&
      classifyHost(host) !== 'refused' &&
      isServed(host, boundHost),
  );
  return alike.find((host) => classifyHost(host) === kind) ?? alike[0];
}

/** Whether a listener bound to `boundHost` answers at `host`. */
function isServed(host: string, boundHost: string): boolean {
  switch (boundHost) {
    case '::':
      return true;
    case '0.0.0.0':
      return !host.includes(':');
    default:
      return host === boundHost;
  }
}

function isLoopback(address: Address): boolean {
  return classifyHost(splitAddress(address).host) === 'loopback';
}

function rank(host: string): number {
  return RANK[classifyHost(host)];
}
