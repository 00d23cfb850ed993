import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, DeliveryOutcome } from './model.ts';
import type { Contacts } from './contacts.ts';
import type { PresenceSharing } from '../wire/gui-api.ts';
import type { Clock } from './ports.ts';

/** A contact counts as online this long after its last sign of life; pings renew it every minute. */
export const ONLINE_MS = 100_000;

/** What we know of a contact's being there. */
export type Reachability = Readonly<{
  /** What the contact lets us see. */
  sharing: PresenceSharing;
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

  /** What the owner and guests may see; what the contact does not want to be seen is left out. */
  of(contact: Contact): Reachability {
    const entry = this.#entries.get(contact.number);
    const sharing = sharingOf(contact);
    const lastAttempt = entry?.lastAttempt;
    const isTelling = sharing === 'nothing' && isAnswered(lastAttempt?.outcome);
    return {
      sharing,
      presence: this.#seen(contact, sharing),
      lastAttempt: isTelling ? undefined : lastAttempt,
      nextAttemptAt: entry?.nextAttemptAt,
    };
  }

  #seen(contact: Contact, sharing: PresenceSharing): Reachability['presence'] {
    if (sharing === 'nothing' || !this.isOnline(contact)) return 'offline';
    return isBusy(contact) ? 'busy' : 'online';
  }

  /** Whether its daemon is there, as far as we know; for delivery, whatever the contact wants to be seen. */
  isOnline(contact: Contact): boolean {
    const signMs = this.#entries.get(contact.number)?.signMs;
    if (signMs === undefined || contact.isBlocked) return false;
    return this.#deps.clock.monotonicMs() - signMs < ONLINE_MS;
  }

  /** Established contacts that show that they are there. */
  get reachable(): number {
    const contacts = this.#deps.contacts.list();
    return contacts.filter(
      (one) => one.state === 'established' && sharingOf(one) !== 'nothing' && this.isOnline(one),
    ).length;
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
    if (isAnswered(outcome)) {
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
    const { events } = this.#deps;
    events.emit('contact', { address: contact.address });
    if (isOnline !== wasOnline) events.emit('status', undefined);
    if (isOnline && !wasOnline) events.emit('cameOnline', { contact });
  }
}

/** Only whoever encrypts can tell us, and what it told under another identity is void. */
function sharingOf({ encryption, shownPresence }: Contact): PresenceSharing {
  if (encryption !== 'dr1' || shownPresence === undefined) return 'full';
  if (shownPresence.status === 'hidden') return 'nothing';
  return shownPresence.showsLastSeen ? 'full' : 'no_last_seen';
}

function isBusy({ encryption, shownPresence }: Contact): boolean {
  return encryption === 'dr1' && shownPresence?.status === 'busy';
}

/** Whether an attempt shows that somebody is there. */
function isAnswered(outcome: DeliveryOutcome | undefined): boolean {
  return outcome === 'ok' || outcome === 'refused' || outcome === 'busy';
}
