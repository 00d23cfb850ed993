/** Where a listener listens, as the owner writes it: `127.0.0.1:4885`, `[::]:4884`, `localhost:0`. */
import type { AddressInfo } from 'node:net';
import { classifyHost, tryParseAddress } from '../wire/address.ts';

/** Where to listen. `host` has no brackets; port 0 means any free one. */
export type ListenTarget = Readonly<{ host: string; port: number }>;

export type ListenErrorCode =
  | 'bad_listen_address'
  | 'address_in_use'
  | 'address_not_available'
  | 'port_not_allowed'
  | 'password_required'
  | 'certificate_unreadable'
  | 'certificate_invalid'
  | 'key_exposed';

/** A listener that cannot be had. Start-up ends with its sentence. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: ListenErrorCode;

  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Reads where to listen: a literal IPv4, `[IPv6]` or host name, with a port.
 *
 * @throws {ListenError} `bad_listen_address`.
 */
export function parseListenTarget(text: string): ListenTarget {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new ListenError(
      'bad_listen_address',
      `"${text}" is no place to listen; write it like 127.0.0.1:4885 or [::]:4884`,
    );
  }
  return { host: host.toLowerCase(), port };
}

/** Whether only this machine can reach a listener there. A name other than `localhost` could be anything. */
export function isLoopbackTarget({ host }: ListenTarget): boolean {
  if (host === 'localhost') return true;
  const text = host.includes(':') ? `[${host}]` : host;
  return tryParseAddress(text) !== undefined && classifyHost(host) === 'loopback';
}

/** URL of a bound port. */
export function urlOf({ address, port }: AddressInfo, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The start-up error for what the system said about listening. */
export function toListenError(cause: unknown, { host, port }: ListenTarget): unknown {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError('address_in_use', `something else listens on ${place} already`, {
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError('address_not_available', `this machine has no address ${host}`, {
        cause,
      });
    case 'EACCES':
      return new ListenError('port_not_allowed', `this system does not let us use port ${port}`, {
        cause,
      });
    default:
      return cause;
  }
}
