import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, DeliveryOutcome } from './model.ts';
import type { Contacts } from './contacts.ts';
import type { Clock } from './ports.ts';

/** A contact counts as online this long after its last sign of life; pings renew it every minute. */
export const ONLINE_MS = 100_000;

/** What we know of a contact's being there. */
export type Reachability = Readonly<{
  presence: 'online' | 'busy' | 'offline';
  lastAttempt: Readonly<{ at: number; outcome: DeliveryOutcome }> | undefined;
  /** When we try again, in milliseconds since 1970; `undefined` when nothing is planned. */
  nextAttemptAt: number | undefined;
}>;

type Entry = {
  /** Monotonic time of the last sign of life; `undefined` when the last thing was a failure. */
  signMs: number | undefined;
  lastAttempt: Reachability['lastAttempt'];
  nextAttemptAt: number | undefined;
};

type Dependencies = Readonly<{ contacts: Contacts; events: DomainEvents; clock: Clock }>;

/** Who is there, learned from every exchange with a contact, in either direction. */
export class PresenceBook {
  readonly #deps: Dependencies;
  readonly #entries = new Map<ContactNumber, Entry>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.#entries.delete(contact.number);
    });
  }

  of(contact: Contact): Reachability {
    const entry = this.#entries.get(contact.number);
    return {
      presence: this.isOnline(contact) ? 'online' : 'offline',
      lastAttempt: entry?.lastAttempt,
      nextAttemptAt: entry?.nextAttemptAt,
    };
  }

  isOnline(contact: Contact): boolean {
    const signMs = this.#entries.get(contact.number)?.signMs;
    if (signMs === undefined || contact.isBlocked) return false;
    return this.#deps.clock.monotonicMs() - signMs < ONLINE_MS;
  }

  /** Established contacts with a sign of life lately. */
  get reachable(): number {
    const contacts = this.#deps.contacts.list();
    return contacts.filter((one) => one.state === 'established' && this.isOnline(one)).length;
  }

  /** The contact called us and proved who it is. */
  heardFrom(contact: Contact): void {
    const wasOnline = this.isOnline(contact);
    this.#entry(contact).signMs = this.#deps.clock.monotonicMs();
    this.#deps.contacts.touch(contact, { lastOnlineAt: this.#deps.clock.nowMs() });
    // Whoever was away and is back gets what waits at once; whoever is here is being served already.
    if (!wasOnline) this.#deps.events.emit('attemptDue', { contact });
    this.#tellIfChanged(contact, wasOnline);
  }

  /** We called it, and this is what came of it. */
  tried(contact: Contact, outcome: DeliveryOutcome): void {
    const wasOnline = this.isOnline(contact);
    const at = this.#deps.clock.nowMs();
    const entry = this.#entry(contact);
    const before = entry.lastAttempt?.outcome;
    entry.lastAttempt = { at, outcome };
    entry.nextAttemptAt = undefined;
    if (outcome === 'ok' || outcome === 'refused' || outcome === 'busy') {
      entry.signMs = this.#deps.clock.monotonicMs();
      this.#deps.contacts.touch(contact, {
        lastOnlineAt: at,
        ...(outcome === 'ok' ? { lastConnectAt: at } : {}),
      });
    } else {
      entry.signMs = undefined;
    }
    this.#tellIfChanged(contact, wasOnline, before !== outcome);
  }

  /** When the next attempt is planned, for whoever looks at a contact that is away. */
  planned(contact: Contact, nextAttemptAt: number): void {
    this.#entry(contact).nextAttemptAt = nextAttemptAt;
    if (!this.isOnline(contact)) this.#deps.events.emit('contact', { address: contact.address });
  }

  #entry(contact: Contact): Entry {
    let entry = this.#entries.get(contact.number);
    if (entry === undefined) {
      entry = { signMs: undefined, lastAttempt: undefined, nextAttemptAt: undefined };
      this.#entries.set(contact.number, entry);
    }
    return entry;
  }

  #tellIfChanged(contact: Contact, wasOnline: boolean, isNews = false): void {
    const isOnline = this.isOnline(contact);
    if (isOnline === wasOnline && !isNews) return;
    this.#deps.events.emit('contact', { address: contact.address });
    if (isOnline !== wasOnline) this.#deps.events.emit('status', undefined);
  }
}
