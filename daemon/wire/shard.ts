/**
 * Where in a cluster something lives: the number of a server, from the id alone.
 *
 * Source: docs/turntable.md#sharding.
 */
import { encodeUtf8 } from './utf8.ts';

/** The servers of a cluster, as every one of them and every client knows them. */
export type ShardMap = Readonly<{
  /** Origins like `http://a.example:8000` or `wss://b.example`, in the order that decides. */
  servers: readonly string[];
  /** Which of them this daemon is. */
  self: number;
}>;

/** CRC-32 of IEEE 802.3, reflected. */
const POLYNOMIAL = 0xedb88320;
const BITS = 8;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < BITS; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32 (IEEE) of the UTF-8 bytes of a text, as a signed 32-bit integer. */
export function crc32(text: string): number {
  let crc = -1;
  for (const byte of encodeUtf8(text)) crc = (crc >>> BITS) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc;
}

/**
 * The number of the server on which a user or a channel lives.
 *
 * @param id    `1:12345`, or the name of a game or room. Without lone surrogates.
 * @param count Servers in all, 1 or more.
 */
export function shardOf(id: string, count: number): number {
  // The absolute value of -2^31 is 2^31 here; in 32 bits it would have none.
  return Math.abs(crc32(id)) % count;
}

/** The origin on which something lives, if that is another server than this one. */
export function elsewhere({ servers, self }: ShardMap, id: string): string | undefined {
  if (servers.length === 0) return undefined;
  const home = shardOf(id, servers.length);
  return home === self ? undefined : servers[home];
}

/** The same origin for WebSockets: `ws:` for `http:`, `wss:` for `https:`. */
export function socketOrigin(origin: string): string {
  return origin.replace(/^http/, 'ws');
}

/** The same origin for HTTP. */
export function httpOrigin(origin: string): string {
  return origin.replace(/^ws/, 'http');
}

/** Encodes the answer to `GET /shards`. */
export function encodeShards({ servers, self }: ShardMap): string {
  return JSON.stringify({ servers, self });
}

/**
 * The canonical form of an origin that somebody typed: scheme, host in lower case, port unless it is the scheme's own.
 *
 * @returns `undefined` for anything else, such as an URL with a path or with a name in it.
 */
export function parseOrigin(text: string): string | undefined {
  const [, scheme = '', host = '', port] =
    /^(https?|wss?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?\/?$/i.exec(
      text.trim(),
    ) ?? [];
  if (scheme === '' || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  const own = /s$/i.test(scheme) ? 443 : 80;
  const shown = port === undefined || Number(port) === own ? '' : `:${Number(port)}`;
  return `${scheme.toLowerCase()}://${host.toLowerCase()}${shown}`;
}
