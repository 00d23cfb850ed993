import { retryDelayMs } from '../domain/backoff.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Contact } from '../domain/model.ts';
import type { Clock, Random, Timer } from '../domain/ports.ts';
import type { RoomMirrors, Wanted } from '../domain/room-mirrors.ts';
import type { Refusal } from '../domain/room-model.ts';
import type { Address } from '../wire/address.ts';
import type { CheckAnswer, RoomCheck } from '../wire/room-sync.ts';
import type { Answered, RoomSyncQuestions } from './room-sync-questions.ts';

/** Between checks of a host that does not wait, at most: the first pauses are those of retries. Source: docs/room-sync.md. */
const CHECK_PAUSE_MS = 15_000;
/** Between attempts while a host is away: doubling from the first to the second. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** An answer without news that comes so soon says that the host does not wait. */
const QUICK_MS = 1_000;
/** So many quick answers in a row are a long history, or without news a host that only makes others busy: then a pause. */
const BREATH_NEWS = 100;
const BREATH_ANSWERS = 10;
const BREATH_MS = 1_000;

export type HostAskerDependencies = Readonly<{
  mirrors: Pick<
    RoomMirrors,
    | 'hosts'
    | 'sought'
    | 'request'
    | 'take'
    | 'takeSought'
    | 'noteNameless'
    | 'takeRoom'
    | 'endSearch'
    | 'takeServers'
    | 'ownSessions'
    | 'unknownSessions'
    | 'takeSessions'
    | 'noteAway'
  >;
  questions: Pick<
    RoomSyncQuestions,
    'check' | 'find' | 'room' | 'servers' | 'sessions' | 'tellSessions'
  >;
  contacts: Pick<Contacts, 'get'>;
  clock: Clock;
  random: Pick<Random, 'fraction'>;
  onDefect: (error: unknown) => void;
}>;

/** Keeps the rooms of one host equal: one request at a time, for as long as the owner is in one of them. */
export class HostAsker {
  readonly #host: Address;
  readonly #deps: HostAskerDependencies;
  #running: Promise<void> | undefined;
  #isStopped = false;
  /** Something came up since the last request was made. */
  #isHurried = false;
  #failures = 0;
  /** Answers in a row that came without news and without waiting for any. */
  #emptyAnswers = 0;
  /** Answers in a row that came at once, with or without news. */
  #quickAnswers = 0;
  /** Ends the pause, or the request that only waits. */
  #wake: () => void = () => undefined;

  constructor(host: Address, deps: HostAskerDependencies) {
    this.#host = host;
    this.#deps = deps;
  }

  hurry(): void {
    this.#isHurried = true;
    this.#wake();
    this.#running ??= this.#run().catch(this.#deps.onDefect);
  }

  /** Whatever stood in the way may be over: an attempt that is put off is made now. */
  retryNow(): void {
    if (this.#failures > 0) this.hurry();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isDone) {
        this.#isHurried = false;
        const pauseMs = await this.#round().catch((error: unknown) => {
          // The disk refused; it is tried again like everything.
          this.#deps.onDefect(error);
          return this.#retryMs();
        });
        if (pauseMs > 0) await this.#pause(pauseMs);
      }
    } finally {
      this.#running = undefined;
    }
  }

  get #isDone(): boolean {
    return this.#isStopped || !this.#deps.mirrors.hosts().has(this.#host);
  }

  /** @returns How long to pause, in milliseconds. */
  async #round(): Promise<number> {
    const { mirrors, contacts, clock } = this.#deps;
    const contact = contacts.get(this.#host);
    const obstacle = obstacleOf(contact);
    if (contact === undefined || obstacle !== undefined) return this.#fail(obstacle);
    const silence = await this.#seek(contact);
    if (silence !== undefined) return this.#fail(silence);
    const check = await mirrors.request(this.#host);
    const beganMs = clock.monotonicMs();
    const answered = await this.#check(contact, check);
    if (answered === 'broken off') return 0;
    if (answered.is === 'none') return this.#fail(answered.why);
    this.#failures = 0;
    const wanted = await mirrors.take(this.#host, check, answered.value);
    const isFetched = await this.#fetch(contact, wanted);
    const isQuick = clock.monotonicMs() - beganMs < QUICK_MS;
    this.#quickAnswers = isQuick ? this.#quickAnswers + 1 : 0;
    const isExpected = isFetched && (wanted.isMore || isFirst(check, answered.value));
    this.#emptyAnswers = isQuick && !isExpected ? this.#emptyAnswers + 1 : 0;
    if (this.#emptyAnswers > 0) return this.#pauseMs();
    const breath = wanted.isMore ? BREATH_NEWS : BREATH_ANSWERS;
    return isQuick && this.#quickAnswers % breath === 0 ? BREATH_MS : 0;
  }

  /** A host that stops lets go of all who wait: one answer says little, several in a row say that it does not wait. */
  #pauseMs(): number {
    const { fraction } = this.#deps.random;
    const longestMs = CHECK_PAUSE_MS * (0.8 + fraction() * 0.4);
    return Math.min(longestMs, retryDelayMs(this.#emptyAnswers, RETRY_MIN_MS, fraction));
  }

  /** Asks for rooms of which only the name is known. @returns Why that was not possible. */
  async #seek(contact: Contact): Promise<Refusal | undefined> {
    const { mirrors, questions } = this.#deps;
    for (const sought of mirrors.sought(this.#host)) {
      const answered = await questions.find(contact, sought);
      if (answered.is === 'none') return answered.why;
      if (answered.value !== 'nameless') {
        await mirrors.takeSought(this.#host, sought, answered.value);
        continue;
      }
      mirrors.noteNameless(this.#host, sought);
      return undefined;
    }
    return undefined;
  }

  /** Waits for news unless there is something to tell. */
  async #check(contact: Contact, check: RoomCheck): Promise<Answered<CheckAnswer> | 'broken off'> {
    const isUrgent = check.claims.length > 0 || check.repairs.size > 0;
    if (!isUrgent && this.#isHurried) return 'broken off';
    const end = new AbortController();
    // What is urgent is not broken off: it has to be answered before anything else is said.
    if (!isUrgent) this.#wake = () => end.abort();
    const answered = await this.#deps.questions.check(contact, check, !isUrgent, end.signal);
    this.#wake = () => undefined;
    const isBrokenOff = end.signal.aborted || (answered.is === 'none' && this.#isHurried);
    return isBrokenOff ? 'broken off' : answered;
  }

  /** Fetches what differs, and tells what the host does not know. @returns Whether all of it came. */
  async #fetch(contact: Contact, wanted: Wanted): Promise<boolean> {
    const { mirrors, questions } = this.#deps;
    let isWhole = true;
    for (const uid of wanted.rooms) {
      const body = await questions.room(contact, uid);
      if (body !== undefined) await mirrors.takeRoom(this.#host, body);
      else isWhole = false;
    }
    if (isWhole) await mirrors.endSearch(this.#host);
    if (wanted.areServers) {
      const nicks = await questions.servers(contact);
      if (nicks !== undefined) mirrors.takeServers(this.#host, nicks);
    }
    if (wanted.areOwnSessions) {
      await questions.tellSessions(contact, mirrors.ownSessions(this.#host));
    }
    if (wanted.areSessions) await this.#fetchSessions(contact);
    return isWhole;
  }

  async #fetchSessions(contact: Contact): Promise<void> {
    const { mirrors, questions } = this.#deps;
    for (const server of mirrors.unknownSessions(this.#host)) {
      const users = await questions.sessions(contact, server);
      if (users === undefined) return;
      mirrors.takeSessions(this.#host, server, users);
    }
  }

  #fail(why: Refusal = NO_CONTACT): number {
    this.#deps.mirrors.noteAway(this.#host, why);
    return this.#retryMs();
  }

  #retryMs(): number {
    this.#failures += 1;
    const { fraction } = this.#deps.random;
    return Math.min(RETRY_MAX_MS, retryDelayMs(this.#failures, RETRY_MIN_MS, fraction));
  }

  #pause(pauseMs: number): Promise<void> {
    if (this.#isHurried || this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#wake = () => undefined;
        resolve();
      };
      const timer: Timer = this.#deps.clock.after(pauseMs, end);
      this.#wake = end;
    });
  }
}

const NO_CONTACT: Refusal = { code: 'no_contact', reason: 'its host is no contact of yours' };
const BLOCKED: Refusal = { code: 'blocked', reason: 'you have blocked its host' };
const NOT_ACCEPTED: Refusal = {
  code: 'not_accepted',
  reason: 'its host has not accepted you as a contact yet',
};

/** What stands in the way of asking at all. */
function obstacleOf(contact: Contact | undefined): Refusal | undefined {
  if (contact === undefined) return NO_CONTACT;
  if (contact.isBlocked) return BLOCKED;
  return contact.state === 'established' ? undefined : NOT_ACCEPTED;
}

/**
 * Whether the request could not have waited: it had something to tell, or was told of something. A host that has no answer to
 * what it is told could not keep it just now.
 */
function isFirst({ claims, repairs }: RoomCheck, answer: CheckAnswer): boolean {
  if (claims.length > 0) return answer.verdicts.length > 0;
  const isTold = answer.rooms !== undefined || answer.sessions !== undefined;
  return repairs.size > 0 || isTold || answer.servers !== undefined;
}
