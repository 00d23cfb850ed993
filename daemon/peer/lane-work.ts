import { DELIVERY_RETRY_MIN_MS, PING_INTERVAL_MS, retryDelayMs } from '../domain/backoff.ts';
import type { Channels } from '../domain/channels.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Controls } from '../domain/controls.ts';
import type { Envelopes } from '../domain/envelopes.ts';
import type { Contact, DeliveryOutcome } from '../domain/model.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { OwnPresence } from '../domain/own-presence.ts';
import type { Clock, Random } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Relay } from '../domain/relay.ts';
import type { SessionAttempts } from '../domain/session-attempts.ts';
import { Offers } from './offers.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { RekeyNotices } from './rekey-notices.ts';

/** Pings of contacts that are there come up to this much later than they must. */
const PING_JITTER_MS = 8_000;
/** How long after a handshake that made no session another may follow; doubling. */
const SESSION_RETRY_MS = 10_000;
/** Errands that may wait for one relay; the next round asks again for what did not fit. */
const ERRANDS_MAX = 1_000;

/** Something to ask of this contact as a relay. */
export type Errand = Readonly<{
  /** Does it, and says what came of it; `undefined` when there was nothing to do any more. */
  run: (contact: Contact) => Promise<DeliveryOutcome | undefined>;
  /** It was not done, because the contact is away. */
  giveUp: () => void;
}>;

export type LaneWorkDependencies = Readonly<{
  contacts: Contacts;
  outbox: Outbox;
  relay: Relay;
  presence: PresenceBook;
  channels: Channels;
  attempts: SessionAttempts;
  controls: Controls;
  envelopes: Envelopes;
  ownPresence: OwnPresence;
  calls: PeerCalls;
  notices: RekeyNotices;
  clock: Clock;
  random: Random;
}>;

/** One kind of thing to say to a contact. */
export type Task = 'rekey' | 'handshake' | 'introduce' | 'offer' | 'forward' | 'errand' | 'ping';

/** What there is to say to one contact: what is due when, and the saying. */
export class LaneWork {
  readonly #deps: LaneWorkDependencies;
  readonly #offers: Offers;
  readonly #errands: Errand[] = [];
  /** Monotonic times. */
  #nextPingMs: number;
  #handshakeNotBeforeMs = 0;
  #forwardNotBeforeMs = 0;
  #rekeyNotBeforeMs = 0;
  #handshakeRefusals = 0;
  #rekeyRefusals = 0;
  /** A plain contact may encrypt by now: asked once, when the daemon starts. */
  #isIntroductionDue: boolean;

  /** @param firstPingMs Monotonic time. */
  constructor(firstPingMs: number, isIntroductionDue: boolean, deps: LaneWorkDependencies) {
    this.#nextPingMs = firstPingMs;
    this.#isIntroductionDue = isIntroductionDue;
    this.#deps = deps;
    this.#offers = new Offers(deps);
  }

  /** What there is to do, the most urgent kind first, and from which monotonic time on. */
  dueTimes(contact: Contact): readonly (readonly [Task, number])[] {
    const due: (readonly [Task, number])[] = [];
    const { attempts, channels, controls } = this.#deps;
    // Without our handshake the contact does not know the key that our messages come with.
    if (contact.isHandshakeDue) {
      const soonestMs = contact.isKnownToPeer ? 0 : attempts.confirmedMs(contact);
      return [['handshake', Math.max(soonestMs, this.#handshakeNotBeforeMs)]];
    }
    const sessionMs = attempts.dueMs(contact);
    if (sessionMs !== undefined) {
      due.push(['handshake', Math.max(sessionMs, this.#handshakeNotBeforeMs)]);
    }
    // It may have accepted while we were away, and be trying to tell us ever more seldom.
    if (!isReady(contact)) return [['ping', this.#nextPingMs]];
    if (this.#isIntroductionDue && contact.encryption === 'plain') due.push(['introduce', 0]);
    if (mayWrite(contact) && (contact.encryption === 'plain' || channels.isOpen(contact))) {
      if (this.#deps.notices.isDue(contact)) due.push(['rekey', this.#rekeyNotBeforeMs]);
      const offerMs = earliest(this.#deps.outbox.dueMs(contact), controls.dueMs(contact));
      if (offerMs !== undefined) due.push(['offer', offerMs]);
    }
    if (this.#deps.relay.hasFor(contact)) due.push(['forward', this.#forwardNotBeforeMs]);
    if (this.#errands.length > 0) due.push(['errand', 0]);
    due.push(['ping', this.#nextPingMs]);
    return due;
  }

  /** Whether something waits that is worth trying often. */
  isUrgent(contact: Contact): boolean {
    const { outbox, attempts, notices } = this.#deps;
    return (
      contact.isHandshakeDue ||
      outbox.has(contact) ||
      notices.isDue(contact) ||
      attempts.dueMs(contact) !== undefined
    );
  }

  /** Does one thing. @returns `undefined` when there was nothing to do any more. */
  async perform(task: Task, contact: Contact): Promise<DeliveryOutcome | undefined> {
    switch (task) {
      case 'rekey':
        return this.#tellRekey(contact);
      case 'handshake':
        return this.#sendHandshake(contact);
      case 'introduce':
        this.#isIntroductionDue = false;
        return (await this.#deps.calls.handshake(contact)).outcome;
      case 'offer':
        return this.#offer(contact);
      case 'forward':
        return this.#forward(contact);
      case 'errand':
        return this.#runErrand(contact);
      case 'ping':
        return this.#deps.calls.ping(contact);
    }
  }

  async #sendHandshake(contact: Contact): Promise<DeliveryOutcome> {
    const { outcome, isYielded } = await this.#deps.calls.handshake(contact);
    if (outcome !== 'ok' && outcome !== 'refused') return outcome;
    // Ours may have met its own and told it nothing: then our access key has still to reach it (E8b).
    if (outcome === 'ok' && contact.isHandshakeDue && !isYielded) {
      await this.#deps.contacts.update(contact, { isHandshakeDue: false });
    }
    // Understood, and yet no session: it makes one of its own just now, or has had enough of ours for a while.
    const isPending = this.#deps.attempts.dueMs(contact) !== undefined;
    if (outcome === 'ok' && !isPending) {
      this.#handshakeRefusals = 0;
      this.#deps.outbox.hurry(contact);
    } else this.#postponeHandshake(isPending ? SESSION_RETRY_MS : PING_INTERVAL_MS);
    return outcome;
  }

  #postponeHandshake(minMs: number): void {
    const { clock, random } = this.#deps;
    this.#handshakeRefusals += 1;
    const delayMs = retryDelayMs(this.#handshakeRefusals, minMs, random.fraction);
    this.#handshakeNotBeforeMs = clock.monotonicMs() + delayMs;
  }

  /**
   * Whether an encrypted contact is there and knows us: what is encrypted for somebody who is not, or does not, would use
   * up a key for nothing.
   */
  async #findOut(contact: Contact): Promise<DeliveryOutcome> {
    const { presence, calls } = this.#deps;
    if (contact.encryption !== 'dr1') return 'ok';
    const isSure = presence.isOnline(contact) && !contact.isRekeyOffered;
    return isSure ? 'ok' : calls.ping(contact);
  }

  /** Our other identity. A reachable contact that says no is told again later. */
  async #tellRekey(contact: Contact): Promise<DeliveryOutcome | undefined> {
    const { notices, clock, random } = this.#deps;
    const presence = await this.#findOut(contact);
    if (presence !== 'ok') return presence;
    const result = await notices.tell(contact);
    if (result?.outcome !== 'ok') return result?.outcome;
    if (result.isTroubled) this.#offers.recover(contact);
    if (result.accepted[0] === true) return 'ok';
    this.#rekeyRefusals += 1;
    const delayMs = retryDelayMs(this.#rekeyRefusals, DELIVERY_RETRY_MIN_MS, random.fraction);
    this.#rekeyNotBeforeMs = clock.monotonicMs() + delayMs;
    return 'refused';
  }

  async #offer(contact: Contact): Promise<DeliveryOutcome | undefined> {
    const { outbox } = this.#deps;
    const presence = await this.#findOut(contact);
    if (presence !== 'ok') {
      outbox.noteAttempt(contact, outbox.nextBatch(contact), presence, undefined);
      return presence;
    }
    return this.#offers.make(contact);
  }

  async #forward(contact: Contact): Promise<DeliveryOutcome> {
    const { relay, calls, clock } = this.#deps;
    const envelopes = await relay.nextBatch(contact);
    this.#forwardNotBeforeMs = envelopes.length > 0 ? 0 : clock.monotonicMs() + PING_INTERVAL_MS;
    if (envelopes.length === 0) return calls.ping(contact);
    const result = await calls.forward(contact, envelopes);
    if (result.outcome !== 'ok') return result.outcome;
    await relay.settle(envelopes, result);
    if (result.accepted.every((isAccepted) => isAccepted)) return 'ok';
    if (result.isFull) return 'busy';
    this.#forwardNotBeforeMs = clock.monotonicMs() + PING_INTERVAL_MS;
    return 'refused';
  }

  async #runErrand(contact: Contact): Promise<DeliveryOutcome | undefined> {
    return this.#errands.shift()?.run(contact);
  }

  /** More waits while something is done: messages may follow those under way. */
  more(): void {
    this.#offers.more();
  }

  /** What was put off is due now. */
  hurry(): void {
    this.#handshakeNotBeforeMs = 0;
    this.#forwardNotBeforeMs = 0;
    this.#rekeyNotBeforeMs = 0;
  }

  /** We carry something new for this contact, whatever it said to the older ones. */
  forward(): void {
    this.#forwardNotBeforeMs = 0;
  }

  /** The contact is there: the next ping has time. */
  putOffPing(): void {
    const { clock, random } = this.#deps;
    this.#nextPingMs = clock.monotonicMs() + PING_INTERVAL_MS + random.fraction() * PING_JITTER_MS;
  }

  /** @returns `false` when too many errands wait already. */
  addErrand(errand: Errand): boolean {
    if (this.#errands.length >= ERRANDS_MAX) return false;
    this.#errands.push(errand);
    return true;
  }

  giveUpErrands(): void {
    for (const errand of this.#errands.splice(0)) errand.giveUp();
  }
}

/** Whether it has accepted us and knows us by something: its access key that we show, or our identity. */
function isReady({ state, key, encryption }: Contact): boolean {
  return state === 'established' && (key !== undefined || encryption === 'dr1');
}

/** Nothing is written to somebody of whom we do not know how, or in whose place another has come (E4). */
function mayWrite({ encryption, candidate }: Contact): boolean {
  return encryption === 'plain' || (encryption === 'dr1' && candidate === undefined);
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
