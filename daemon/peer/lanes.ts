import type { Contact, ContactNumber } from '../domain/model.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { Timer } from '../domain/ports.ts';
import type { DeletionRequests } from '../domain/deletion-requests.ts';
import type { Pinning } from '../domain/pinning.ts';
import type { Rekeying } from '../domain/rekeying.ts';
import type { Retention } from '../domain/retention.ts';
import { ContactLane, type LaneDependencies } from './contact-lane.ts';
import type { RelayRounds } from './relay-rounds.ts';

/** At start contacts are called one by one, within a few seconds. Source: docs/peer-protocol.md#timers. */
const START_STAGGER_MS = 40;
const START_SPREAD_MAX_MS = 4_000;
/** How long acknowledgements past a friend wait for others. Source: docs/encryption.md#limits. */
const RELAYED_CONTROLS_MS = 2_000;
/** How often old messages and envelopes are looked for. */
const HOUSEKEEPING_MS = 3_600_000;

type Dependencies = Omit<LaneDependencies, 'onUnreachable' | 'onReachable'> &
  Readonly<{
    events: DomainEvents;
    rounds: RelayRounds;
    pinning: Pick<Pinning, 'start'>;
    rekeying: Pick<Rekeying, 'start' | 'tidy'>;
    deletionRequests: Pick<DeletionRequests, 'start' | 'stop' | 'hurry'>;
    retention: Pick<Retention, 'run' | 'stop'>;
  }>;

/** One lane a contact, woken by what happens in the domain. */
export class Lanes {
  readonly #deps: Dependencies;
  readonly #laneDeps: LaneDependencies;
  readonly #lanes = new Map<ContactNumber, ContactLane>();
  readonly #relayTimers = new Map<ContactNumber, Timer>();
  #stopListening: readonly (() => void)[] = [];
  #housekeeping: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#laneDeps = {
      ...deps,
      onUnreachable: (contact) => this.#planRelays(contact),
      onReachable: (contact) => this.#onReachable(contact),
    };
  }

  /** Calls all contacts, and from now on whoever there is something for. */
  start(): void {
    const { events, contacts, pinning, rekeying, deletionRequests, clock, onDefect } = this.#deps;
    this.#stopListening = [
      events.on('attemptDue', ({ contact }) => this.#hurry(contact)),
      events.on('sessionReplaced', ({ contact }) => this.#onWritten(contact)),
      events.on('written', ({ contact }) => this.#onWritten(contact)),
      events.on('owed', ({ contact }) => this.#onOwed(contact)),
      events.on('carried', ({ contact }) => this.lane(contact).forward()),
      events.on('contactGone', ({ contact }) => this.#drop(contact)),
    ];
    pinning.start().catch(onDefect);
    rekeying.start().catch(onDefect);
    deletionRequests.start().catch(onDefect);
    const nowMs = clock.monotonicMs();
    const all = contacts.list();
    const stepMs = Math.min(START_STAGGER_MS, START_SPREAD_MAX_MS / Math.max(1, all.length));
    for (const [index, contact] of all.entries()) {
      this.#create(contact, nowMs + index * stepMs, true).wake();
    }
    this.#keepHouse();
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
    this.#deps.deletionRequests.stop();
    this.#deps.retention.stop();
    this.#housekeeping?.cancel();
    for (const timer of this.#relayTimers.values()) timer.cancel();
    for (const lane of this.#lanes.values()) lane.stop();
    this.#lanes.clear();
  }

  /** The lane of a contact, made when there is none yet. */
  lane(contact: Contact): ContactLane {
    return this.#lanes.get(contact.number) ?? this.#create(contact, 0);
  }

  #create(contact: Contact, startMs: number, isIntroductionDue = false): ContactLane {
    const lane = new ContactLane(contact.number, startMs, this.#laneDeps, isIntroductionDue);
    this.#lanes.set(contact.number, lane);
    return lane;
  }

  #hurry(contact: Contact): void {
    this.#deps.outbox.hurry(contact);
    this.lane(contact).hurry();
  }

  #onWritten(contact: Contact): void {
    const lane = this.lane(contact);
    lane.tryForNews();
    if (lane.isFailing) this.#planRelays(contact);
  }

  /** Acknowledgements to somebody who can't be reached gather before they go past a friend. */
  #onOwed(contact: Contact): void {
    const lane = this.lane(contact);
    lane.reconsider();
    if (!lane.isFailing || this.#relayTimers.has(contact.number)) return;
    const timer = this.#deps.clock.after(RELAYED_CONTROLS_MS, () => {
      this.#relayTimers.delete(contact.number);
      if (lane.isFailing) this.#planRelays(contact);
    });
    this.#relayTimers.set(contact.number, timer);
  }

  /** A contact is back: perhaps it can carry something for those who are still away. */
  #onReachable(relay: Contact): void {
    this.#deps.deletionRequests.hurry(relay);
    if (!relay.canResend) return;
    for (const contact of this.#deps.contacts.list()) {
      if (this.#hasNews(contact) && this.lane(contact).isFailing) this.#planRelays(contact);
    }
  }

  /** Whether something waits that a friend could carry. */
  #hasNews(contact: Contact): boolean {
    const { outbox, controls } = this.#deps;
    return outbox.has(contact) || controls.dueMs(contact) !== undefined;
  }

  #planRelays(contact: Contact): void {
    this.#deps.rounds.plan(contact, (relay) => this.lane(relay)).catch(this.#deps.onDefect);
  }

  #drop(contact: Contact | undefined): void {
    if (contact === undefined) return;
    this.#lanes.get(contact.number)?.stop();
    this.#lanes.delete(contact.number);
  }

  #keepHouse(): void {
    const { clock, outbox, relay, rekeying, retention, onDefect } = this.#deps;
    this.#housekeeping = clock.after(HOUSEKEEPING_MS, () => {
      const works = [outbox.expire(), relay.expire(), rekeying.tidy(), retention.run()];
      Promise.all(works).catch(onDefect);
      this.#keepHouse();
    });
  }
}
