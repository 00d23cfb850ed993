import { RequestError } from '../http/request-error.ts';
import type { LoopLag } from '../http/loop-lag.ts';
import { TokenBucket, TokenBuckets } from '../http/rate-limit.ts';
import { classifyHost, originOf } from '../wire/address.ts';
import { Overloaded } from './overloaded.ts';

/** What each stranger may ask, and all of them together. Source: docs/security.md, G15. */
export const STRANGER_RATE = { perSecond: 1, burst: 5 } as const;
export const STRANGERS_RATE = { perSecond: 50, burst: 50 } as const;
/** From this lag of the event loop on nobody listens to strangers. Source: docs/security.md, G15. */
export const STRANGER_MAX_LAG_MS = 200;

/** One request, as far as it has to be paid for. */
export interface Visit {
  /**
   * The caller proved nothing.
   *
   * @throws {RequestError} `too_many_requests`.
   */
  countStranger(): void;
  /** The caller is a contact: what it paid as a stranger comes back. */
  refund(): void;
}

type Options = Readonly<{
  monotonicMs: () => number;
  lag: LoopLag;
  /** Whom a host stands for when strangers are counted; `undefined` for one that is exempt. */
  strangerOf?: (host: string) => string | undefined;
}>;

/**
 * Counts what strangers ask: each of them before the body of a request is read, and all of them together once a
 * request has proven nothing, so that a flood of theirs leaves contacts alone, those at an unknown address included.
 */
export class StrangerLimits {
  readonly #lag: LoopLag;
  readonly #strangerOf: (host: string) => string | undefined;
  readonly #each: TokenBuckets;
  readonly #all: TokenBucket;

  constructor({ monotonicMs, lag, strangerOf = limitedOrigin }: Options) {
    this.#lag = lag;
    this.#strangerOf = strangerOf;
    this.#each = new TokenBuckets(STRANGER_RATE, monotonicMs);
    this.#all = new TokenBucket(STRANGERS_RATE, monotonicMs);
  }

  /**
   * Lets a request in, before its body is read.
   *
   * @param seemsContact By its header or by where it comes from; whether it is will be seen.
   * @throws {RequestError} `too_many_requests`.
   * @throws {Overloaded}
   */
  enter(host: string, seemsContact: boolean): Visit {
    const stranger = this.#strangerOf(host);
    if (stranger === undefined) return FREE;
    if (!seemsContact && this.#lag.ms > STRANGER_MAX_LAG_MS) throw new Overloaded();
    let isPaid = false;
    let isCounted = false;
    const pay = (): void => {
      if (!isPaid && !this.#each.take(stranger)) throw tooMany();
      isPaid = true;
    };
    if (!seemsContact) pay();
    return {
      countStranger: () => {
        if (isCounted) return;
        pay();
        if (!this.#all.take()) throw tooMany();
        isCounted = true;
      },
      refund: () => {
        if (!isPaid || isCounted) return;
        isPaid = false;
        this.#each.giveBack(stranger);
      },
    };
  }
}

const FREE: Visit = { countStranger: () => undefined, refund: () => undefined };

/** Loopback is exempt: these are daemons of our own. */
function limitedOrigin(host: string): string | undefined {
  return classifyHost(host) === 'loopback' ? undefined : originOf(host);
}

function tooMany(): RequestError {
  return new RequestError('too_many_requests', 'slow down', { 'Retry-After': '1' });
}
