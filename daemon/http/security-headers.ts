/** Headers that every reply of a listener for browsers carries, refusals included (G8). */
import type { ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import type { HostState } from './host-guard.ts';

const FIXED_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()'],
];

/**
 * The content security policy of a page under this Host value.
 *
 * @param host The checked value; `undefined` when the request had none that we go by.
 */
export function contentSecurityPolicy(host: string | undefined): string {
  const sockets = host === undefined ? '' : ` ws://${host} wss://${host}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "media-src 'self' blob:",
    `connect-src 'self'${sockets}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

/** The same headers as text for replies that no application sees, such as those to broken HTTP. */
export const RAW_SECURITY_HEADERS: string = [
  ['Content-Security-Policy', contentSecurityPolicy(undefined)],
  ...FIXED_HEADERS,
  ['Cache-Control', 'no-store'],
]
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Puts the headers on whatever the rest answers. `Cache-Control` is `no-store` unless the rest said otherwise. */
export function securityHeaders(): Middleware<HostState> {
  const policies = new PolicyCache();
  return async (ctx, next) => {
    setSecurityHeaders(ctx.res);
    await next();
    ctx.res.setHeader('Content-Security-Policy', policies.of(ctx.state.host));
  };
}

function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of FIXED_HEADERS) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
}

/** Policies by host: a handful of hosts is all that a listener goes by. */
class PolicyCache {
  readonly #byHost = new Map<string | undefined, string>();

  of(host: string | undefined): string {
    let policy = this.#byHost.get(host);
    if (policy === undefined) {
      policy = contentSecurityPolicy(host);
      this.#byHost.set(host, policy);
    }
    return policy;
  }
}
