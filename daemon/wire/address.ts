/**
 * Addresses of daemons: parsing every spelling, one canonical form, classification.
 *
 * Source: docs/peer-protocol.md#addresses (RFC 5952 for IPv6, G21 of docs/security.md for the classes).
 * This module alone knows how addresses look; nobody else may compare or cut them.
 */
import { WireError } from './check.ts';

/** A daemon's canonical address: `host` or `host:port`, IPv6 with a port in brackets, the default port left out. */
export type Address = string & { readonly __brand: 'Address' };

/** Port of a peer listener unless said otherwise. */
export const DEFAULT_PEER_PORT = 4884;

/** Longest text that can be an address in any spelling, e.g. pasted from a browser. */
export const ADDRESS_MAX_LENGTH = 128;

/** What an address says about who is behind it. Only overlay addresses are bound to a key. */
export type AddressClass = 'yggdrasil' | 'cjdns' | 'public' | 'private' | 'loopback' | 'refused';

/** An address taken apart. `host` is canonical and without brackets. */
export type HostPort = Readonly<{ host: string; port: number }>;

/**
 * Reads an address in any spelling: IPv4, IPv6 with or without brackets, zone-free, IPv4-mapped, upper case,
 * leading zeros in groups, surrounding blanks, an `http://` in front, a `/` behind, or a `vestnik://` link.
 *
 * @throws {WireError} `bad_address`, with a sentence for the person who typed it.
 */
export function parseAddress(text: string): Address {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const address = formatAddress(parseHostPort(text));
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, address);
  return address;
}

/** The same few addresses come with every message; this many spellings are remembered. */
const PARSED_MAX = 512;
const parsed = new Map<string, Address>();

/** Like `parseAddress`, but `undefined` instead of an exception. */
export function tryParseAddress(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/**
 * Takes an address in any spelling apart.
 *
 * @throws {WireError} `bad_address`.
 */
export function parseHostPort(text: string): HostPort {
  const bare = stripDecoration(text);
  if (bare === '')
    throw bad('an address is an IPv4 or IPv6 address, like 203.0.113.7 or fc92::7b04');
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(bare);
  if (bracketed !== null) {
    return { host: canonicalIpv6(bracketed[1] ?? ''), port: parsePort(bracketed[2]) };
  }
  const firstColon = bare.indexOf(':');
  if (firstColon !== -1 && bare.includes(':', firstColon + 1)) {
    return { host: canonicalIpv6(bare), port: DEFAULT_PEER_PORT };
  }
  const [host = '', port] = bare.split(':');
  return { host: canonicalIpv4(host), port: parsePort(port) };
}

/** The canonical text of a host and port. The host must be canonical already. */
export function formatAddress({ host, port }: HostPort): Address {
  const isDefault = port === DEFAULT_PEER_PORT;
  if (!host.includes(':')) return (isDefault ? host : `${host}:${port}`) as Address;
  return (isDefault ? host : `[${host}]:${port}`) as Address;
}

/** Host and port of a canonical address, which needs no second check: this is asked for every message. */
export function splitAddress(address: Address): HostPort {
  const colon = address.indexOf(':');
  if (colon === -1) return { host: address, port: DEFAULT_PEER_PORT };
  const bracket = address.indexOf(']');
  if (bracket !== -1) {
    return { host: address.slice(1, bracket), port: Number(address.slice(bracket + 2)) };
  }
  const isIpv6 = address.includes(':', colon + 1);
  if (isIpv6) return { host: address, port: DEFAULT_PEER_PORT };
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/**
 * The canonical host of a socket's remote or local address: IPv4-mapped unwrapped, zone removed (G20).
 *
 * @returns `undefined` when the text is no IP address.
 */
export function canonicalHost(socketAddress: string | undefined): string | undefined {
  if (socketAddress === undefined) return undefined;
  const zone = socketAddress.indexOf('%');
  const bare = zone === -1 ? socketAddress : socketAddress.slice(0, zone);
  try {
    return parseHostPort(bare.includes(':') ? `[${bare}]` : bare).host;
  } catch {
    // A socket without an IP address (closed already, or a Unix socket) has no host.
    return undefined;
  }
}

/** URL of the peer listener at an address. */
export function peerUrl(address: Address): string {
  const { host, port } = splitAddress(address);
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/** What kind of place a canonical address names. */
export function classifyAddress(address: Address): AddressClass {
  return classifyHost(splitAddress(address).host);
}

/** What kind of place a canonical host names. */
export function classifyHost(host: string): AddressClass {
  return host.includes(':') ? classifyIpv6(parseIpv6(host)) : classifyIpv4(parseIpv4(host));
}

/**
 * Whether a host is an overlay node of its own, so that its address proves it. Yggdrasil's 0300::/8 is not: these are
 * routed subnets, whose keys are cut short (docs/security.md, 2.3).
 */
export function isOverlayNode(host: string): boolean {
  const kind = classifyHost(host);
  const [first = 0] = kind === 'yggdrasil' ? parseIpv6(host) : [];
  return kind === 'cjdns' || (first & 0xff00) === 0x0200;
}

/**
 * Whether a connection between two hosts runs inside an overlay, which encrypts it and proves both ends: they are nodes
 * of the same one. One end is not enough, since such a source address can be made up on an ordinary interface.
 */
export function isOverlayConnection(
  remote: string | undefined,
  local: string | undefined,
): boolean {
  if (remote === undefined || local === undefined) return false;
  return (
    classifyHost(remote) === classifyHost(local) && isOverlayNode(remote) && isOverlayNode(local)
  );
}

/**
 * Whom a host stands for when callers are counted: an overlay node and an IPv4 host stand for themselves, any other
 * for its /64, all of which one household can use.
 */
export function originOf(host: string): string {
  if (!host.includes(':') || isOverlayNode(host)) return host;
  const prefix = parseIpv6(host).slice(0, 4);
  return `${prefix.map((group) => group.toString(16)).join(':')}::/64`;
}

/** Whether the class's addresses are bound to a node's key, so that a source address proves the node. */
export function isOverlay(kind: AddressClass): boolean {
  return kind === 'yggdrasil' || kind === 'cjdns';
}

function bad(message: string): WireError {
  return new WireError('bad_address', message, 'address');
}

function stripDecoration(text: string): string {
  if (text.length > ADDRESS_MAX_LENGTH) throw bad('that is too long for an address');
  return text
    .trim()
    .replace(/^(?:http|vestnik):\/\//i, '')
    .replace(/\/$/, '')
    .replace(/\s+/g, '');
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PEER_PORT;
  if (!/^\d{1,5}$/.test(text)) throw bad('a port is a number from 1 to 65535');
  const port = Number(text);
  if (port < 1 || port > 65_535) throw bad('a port is a number from 1 to 65535');
  return port;
}

function canonicalIpv4(text: string): string {
  return parseIpv4(text).join('.');
}

function parseIpv4(text: string): number[] {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    throw bad(`${quote(text)} is not an IP address; names do not work, only numbers do`);
  }
  const bytes = parts.map(Number);
  if (bytes.some((byte) => byte > 255)) throw bad(`${quote(text)} is not an IPv4 address`);
  return bytes;
}

function quote(text: string): string {
  return `"${text.slice(0, 60)}"`;
}

/** RFC 5952 form; an IPv4-mapped address becomes the IPv4 address that it means. */
function canonicalIpv6(text: string): string {
  const groups = parseIpv6(text);
  const mapped = embeddedIpv4(groups, [0, 0, 0, 0, 0, 0xffff]);
  return mapped === undefined ? formatIpv6(groups) : mapped.join('.');
}

function parseIpv6(text: string): number[] {
  const halves = text.toLowerCase().split('::');
  if (halves.length > 2) throw bad(`${quote(text)} is not an IPv6 address`);
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) {
    throw bad(`${quote(text)} is not an IPv6 address`);
  }
  if (tail === undefined) {
    if (head.length !== 8) throw bad(`${quote(text)} is not an IPv6 address`);
    return head;
  }
  const missing = 8 - head.length - tail.length;
  if (missing < 1) throw bad(`${quote(text)} is not an IPv6 address`);
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else if (index === parts.length - 1 && part.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(part);
      groups.push(a * 256 + b, c * 256 + d);
    } else {
      return undefined;
    }
  }
  return groups;
}

function formatIpv6(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): Readonly<{ start: number; length: number }> {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

/** The IPv4 address in the last 32 bits, if the groups before are `prefix`. */
function embeddedIpv4(groups: readonly number[], prefix: readonly number[]): number[] | undefined {
  if (!prefix.every((group, index) => groups[index] === group)) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255];
}

function classifyIpv4([a = 0, b = 0, c = 0, d = 0]: readonly number[]): AddressClass {
  if (a === 127) return 'loopback';
  if (a === 0 || a >= 224 || (a === 169 && b === 254)) return 'refused';
  if ((a === 192 && b === 0 && c === 0) || (a === 198 && (b & 0xfe) === 18)) return 'refused';
  if ([a, b, c, d].every((byte) => byte === 255)) return 'refused';
  if (a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && (b & 0xc0) === 64) return 'private';
  return 'public';
}

function classifyIpv6(groups: readonly number[]): AddressClass {
  const [first = 0, second = 0] = groups;
  if (groups.slice(0, 7).every((group) => group === 0)) {
    return groups[7] === 1 ? 'loopback' : 'refused';
  }
  const inner = tunnelledIpv4(groups);
  if (inner !== undefined) return classifyIpv4(inner) === 'public' ? 'public' : 'refused';
  if ((first & 0xfe00) === 0x0200) return 'yggdrasil';
  if ((first & 0xff00) === 0xfc00) return 'cjdns';
  if ((first & 0xff00) === 0xfd00) return 'private';
  if (first === 0x2001 && second === 0x0db8) return 'refused';
  // Nothing else was ever given out: 2000::/3 is all there is of the public Internet (RFC 4291, 2.4).
  return (first & 0xe000) === 0x2000 ? 'public' : 'refused';
}

/** IPv4 hidden in IPv6: compatible (::/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16), Teredo (2001::/32). */
function tunnelledIpv4(groups: readonly number[]): number[] | undefined {
  const [first, second, third = 0] = groups;
  if (first === 0x2002) return [(second ?? 0) >> 8, (second ?? 0) & 255, third >> 8, third & 255];
  if (first === 0x2001 && second === 0) {
    return [0, 1, 2, 3].map(
      (i) => (((groups[6 + (i >> 1)] ?? 0) >> (i % 2 === 0 ? 8 : 0)) & 255) ^ 255,
    );
  }
  return (
    embeddedIpv4(groups, [0, 0, 0, 0, 0, 0]) ?? embeddedIpv4(groups, [0x64, 0xff9b, 0, 0, 0, 0])
  );
}
