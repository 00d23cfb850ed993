import type { IncomingMessage } from 'node:http';
import type { Clock } from '../domain/ports.ts';
import { TokenBuckets } from '../http/rate-limit.ts';
import { RequestError } from '../http/request-error.ts';
import { canonicalHost, originOf } from '../wire/address.ts';

/** How much comes at once after a quiet time, in seconds of the rate. */
const JOIN_BURST_S = 100;
const MESSAGE_BURST_S = 10;
/** What counts as one message; a longer one counts as several. */
const MESSAGE_UNIT = 4096;
const CALLERS_MAX = 10_000;

export type GuestRates = Readonly<{ joinsPerSecond: number; messagesPerSecond: number }>;

/** How often guests of one address may join and speak (docs/rooms.md#limits). */
export class GuestLimits {
  readonly #joins: TokenBuckets;
  readonly #messages: TokenBuckets;

  constructor(rates: GuestRates, clock: Pick<Clock, 'monotonicMs'>) {
    const monotonicMs = (): number => clock.monotonicMs();
    const buckets = (perSecond: number, burstS: number): TokenBuckets =>
      new TokenBuckets({ perSecond, burst: perSecond * burstS }, monotonicMs, CALLERS_MAX);
    this.#joins = buckets(rates.joinsPerSecond, JOIN_BURST_S);
    this.#messages = buckets(rates.messagesPerSecond, MESSAGE_BURST_S);
  }

  /** @throws {RequestError} `too_many_requests`. */
  countJoin(request: IncomingMessage): void {
    if (!this.#joins.take(callerOf(request))) throw tooMany();
  }

  /** @throws {RequestError} `too_many_requests`. */
  countMessage(request: IncomingMessage, length: number): void {
    if (!this.#messages.take(callerOf(request), 1 + Math.floor(length / MESSAGE_UNIT))) {
      throw tooMany();
    }
  }
}

/** Whose limits count for a request: an address, or the network that a household has. */
export function callerOf({ socket }: IncomingMessage): string {
  const host = canonicalHost(socket.remoteAddress);
  return host === undefined ? '' : originOf(host);
}

function tooMany(): RequestError {
  return new RequestError('too_many_requests', 'too much at once; wait a little', {
    'Retry-After': '1',
  });
}
