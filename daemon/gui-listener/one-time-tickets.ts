import { hash } from 'node:crypto';
import type { Clock, Random } from '../domain/ports.ts';

const TICKET_BYTES = 32;

export type TicketOptions = Readonly<{
  clock: Clock;
  random: Random;
  lifetimeMs: number;
  /** More than so many at once push the oldest out. */
  maxTickets: number;
}>;

/** Tickets that stand for a value, once, for a while. Only their hashes are kept. */
export class OneTimeTickets<Value> {
  readonly #options: TicketOptions;
  readonly #byHash = new Map<string, Readonly<{ value: Value; expiresAtMs: number }>>();

  constructor(options: TicketOptions) {
    this.#options = options;
  }

  /** A new ticket: 43 characters that fit into a URL and a header. */
  issue(value: Value): string {
    const { clock, lifetimeMs, maxTickets, random } = this.#options;
    const ticket = createToken(random);
    this.#byHash.set(hashToken(ticket), { value, expiresAtMs: clock.monotonicMs() + lifetimeMs });
    const [oldest] = this.#byHash.keys();
    if (this.#byHash.size > maxTickets && oldest !== undefined) this.#byHash.delete(oldest);
    return ticket;
  }

  /** What a ticket stands for; the ticket is gone afterwards. */
  redeem(ticket: string): Value | undefined {
    const ticketHash = hashToken(ticket);
    const found = this.#byHash.get(ticketHash);
    this.#byHash.delete(ticketHash);
    if (found === undefined || found.expiresAtMs < this.#options.clock.monotonicMs()) {
      return undefined;
    }
    return found.value;
  }
}

/** A token that nobody guesses: 32 random bytes, base64url. */
export function createToken(random: Random): string {
  return Buffer.from(random.bytes(TICKET_BYTES)).toString('base64url');
}

/** What is kept of a token. Looking it up by its hash gives nothing away through timing. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
