import { DELIVERY_RETRY_MIN_MS, PING_INTERVAL_MS, retryDelayMs } from '../domain/backoff.ts';
import type { Contact, ContactNumber, DeliveryOutcome } from '../domain/model.ts';
import type { Timer } from '../domain/ports.ts';
import { LaneWork, type Errand, type LaneWorkDependencies, type Task } from './lane-work.ts';

/** Between attempts that signs of life bring forward: somebody may be heard and not be reached, and say something all the time. */
const HURRY_MIN_MS = 1_000;

export type LaneDependencies = LaneWorkDependencies &
  Readonly<{
    /** Called after an attempt to reach a contact failed. */
    onUnreachable: (contact: Contact) => void;
    /** Called when a contact answers that was away. */
    onReachable: (contact: Contact) => void;
    onDefect: (error: unknown) => void;
  }>;

/**
 * All that we say to one contact, one thing after another, so that messages keep their order. A contact that is
 * slow or dead delays nobody but itself.
 */
export class ContactLane {
  readonly #deps: LaneDependencies;
  readonly #number: ContactNumber;
  readonly #work: LaneWork;
  #failures = 0;
  /** Monotonic times. */
  #notBeforeMs: number;
  #lastFailureMs = -Infinity;
  #lastHurriedMs = -Infinity;
  #timer: Timer | undefined;
  #isRunning = false;
  #isStopped = false;
  #lastTask: Task | undefined;

  /** @param startMs Monotonic time of the first attempt: a daemon that starts calls its contacts one by one. */
  constructor(
    number: ContactNumber,
    startMs: number,
    deps: LaneDependencies,
    isIntroductionDue = false,
  ) {
    this.#number = number;
    this.#deps = deps;
    this.#work = new LaneWork(startMs, isIntroductionDue, deps);
    this.#notBeforeMs = startMs;
  }

  /** Looks whether there is something to do now. */
  wake(): void {
    if (this.#isStopped) return;
    if (this.#isRunning) {
      this.#work.more();
      return;
    }
    this.#isRunning = true;
    this.#run().catch((error: unknown) => {
      // What was under way when the contact was removed has nowhere to be noted.
      if (this.#isStopped) return;
      this.#deps.onDefect(error);
      // A disk that failed us just now may work again; the lane must not stand still for ever.
      this.#timer = this.#deps.clock.after(DELIVERY_RETRY_MIN_MS, () => this.reconsider());
    });
  }

  /** Forgets the back-off: the contact gave a sign of life, or the owner wants it so. */
  hurry(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const soonestMs = Math.max(nowMs, this.#lastHurriedMs + HURRY_MIN_MS);
    if (soonestMs < this.#notBeforeMs) {
      this.#notBeforeMs = soonestMs;
      this.#lastHurriedMs = soonestMs;
    }
    this.#failures = 0;
    this.#work.hurry();
    this.reconsider();
  }

  /** The owner wrote something: worth an attempt, unless the last one failed just now. */
  tryForNews(): void {
    const soonestMs = this.#lastFailureMs + DELIVERY_RETRY_MIN_MS;
    if (this.#failures > 0) this.#notBeforeMs = Math.min(this.#notBeforeMs, soonestMs);
    this.reconsider();
  }

  /** We carry something new for this contact, whatever it said to the older ones. */
  forward(): void {
    this.#work.forward();
    this.reconsider();
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** @returns `false` when too many errands wait already. */
  addErrand(errand: Errand): boolean {
    const isAdded = this.#work.addErrand(errand);
    if (isAdded) this.reconsider();
    return isAdded;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#work.giveUpErrands();
  }

  /** Something may be due sooner than it seemed. */
  reconsider(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.wake();
  }

  async #run(): Promise<void> {
    try {
      // Messages of one commit come into the outbox one after another in this very turn: they travel together.
      await Promise.resolve();
      for (;;) {
        const contact = this.#deps.contacts.byNumber(this.#number);
        if (this.#isStopped || contact === undefined || contact.isBlocked) return;
        const task = this.#next(contact);
        if (task === undefined) return;
        this.#lastTask = task;
        const outcome = await this.#work.perform(task, contact);
        if (outcome === undefined) continue;
        this.#settle(contact, await this.#deps.notices.resolve(contact, outcome));
      }
    } finally {
      // Here and not later: whoever wakes the lane in between must find it at rest.
      this.#isRunning = false;
    }
  }

  /** The next thing to do now; sets the timer when there is none. */
  #next(contact: Contact): Task | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    const due = this.#work.dueTimes(contact);
    const ready = due.filter(([, atMs]) => Math.max(atMs, this.#notBeforeMs) <= nowMs);
    // Whoever was served last waits for the others, so that a flood of one kind does not starve another.
    const task = ready.find(([name]) => name !== this.#lastTask) ?? ready[0];
    if (task !== undefined) return task[0];
    const soonestMs = Math.min(...due.map(([, atMs]) => Math.max(atMs, this.#notBeforeMs)));
    this.#timer?.cancel();
    this.#timer = Number.isFinite(soonestMs)
      ? this.#deps.clock.after(Math.max(0, soonestMs - nowMs), () => {
          this.#timer = undefined;
          this.wake();
        })
      : undefined;
    return undefined;
  }

  #settle(before: Contact, outcome: DeliveryOutcome): void {
    const { presence, clock, random, onReachable, onUnreachable } = this.#deps;
    const contact = this.#deps.contacts.byNumber(this.#number) ?? before;
    const wasOnline = presence.isOnline(contact);
    const nowMs = clock.monotonicMs();
    presence.tried(contact, outcome);
    if (outcome === 'ok' || outcome === 'refused') {
      this.#failures = 0;
      this.#notBeforeMs = 0;
      this.#work.putOffPing();
      if (!wasOnline) {
        this.#deps.outbox.hurry(contact);
        onReachable(contact);
      }
      return;
    }
    this.#failures += 1;
    this.#lastFailureMs = nowMs;
    const minMs = this.#work.isUrgent(contact) ? DELIVERY_RETRY_MIN_MS : PING_INTERVAL_MS;
    const delayMs = retryDelayMs(this.#failures, minMs, random.fraction);
    this.#notBeforeMs = nowMs + delayMs;
    presence.planned(contact, clock.nowMs() + delayMs);
    // Whoever is only busy is there, and needs no relays.
    if (outcome === 'busy') return;
    this.#work.giveUpErrands();
    onUnreachable(contact);
  }
}
