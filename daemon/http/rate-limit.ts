/** Token buckets: a rate with a burst, for one or for many callers (G15). */
import { classifyHost, isOverlay } from '../wire/address.ts';

export type Rate = Readonly<{
  perSecond: number;
  /** How many may come at once after a quiet time. */
  burst: number;
}>;

/** A rate for one caller. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #monotonicMs: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: Rate, monotonicMs: () => number) {
    this.#rate = rate;
    this.#monotonicMs = monotonicMs;
    this.#tokens = rate.burst;
    this.#filledAtMs = monotonicMs();
  }

  /** Takes tokens, or none if there are not enough. */
  take(tokens = 1): boolean {
    this.#fill();
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  #fill(): void {
    const nowMs = this.#monotonicMs();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * perSecond);
    this.#filledAtMs = nowMs;
  }
}

/** The same rate for each of many callers, in a table of bounded size. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #monotonicMs: () => number;
  readonly #maxCallers: number;
  /** Least recently seen first. */
  readonly #byCaller = new Map<string, TokenBucket>();

  constructor(rate: Rate, monotonicMs: () => number, maxCallers = 1000) {
    this.#rate = rate;
    this.#monotonicMs = monotonicMs;
    this.#maxCallers = maxCallers;
  }

  /** As `TokenBucket.take`, for this caller. */
  take(caller: string, tokens = 1): boolean {
    const bucket = this.#byCaller.get(caller) ?? new TokenBucket(this.#rate, this.#monotonicMs);
    this.#byCaller.delete(caller);
    this.#byCaller.set(caller, bucket);
    if (this.#byCaller.size > this.#maxCallers) this.#dropOldest();
    return bucket.take(tokens);
  }

  #dropOldest(): void {
    const [oldest] = this.#byCaller.keys();
    if (oldest !== undefined) this.#byCaller.delete(oldest);
  }
}

/**
 * Whom a source address stands for when callers are counted: on the overlay and in IPv4 the address itself, else the
 * /64, all of which one household can use.
 *
 * @param host Canonical.
 */
export function callerOf(host: string): string {
  if (!host.includes(':') || isOverlay(classifyHost(host))) return host;
  return `${expandedGroups(host).slice(0, 4).join(':')}::/64`;
}

/** The groups of a canonical IPv6 host, with those that `::` stands for. */
function expandedGroups(host: string): string[] {
  const [head = '', tail] = host.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before;
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after];
}
