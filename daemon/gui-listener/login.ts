/** Who may use the gui listener: the owner's browsers and programs (G5, G6, G12). */
import type { Clock, Random } from '../domain/ports.ts';
import { GuessThrottle } from '../http/guess-throttle.ts';
import { RequestError } from '../http/request-error.ts';
import { createToken, hashToken, OneTimeTickets } from './one-time-tickets.ts';
import { hashPassword, isPassword, type PasswordHash } from './password.ts';

/** Browsers that are logged in at once; one more logs the least recently used out. */
export const MAX_SESSIONS = 25;
/** A browser that was away for so long is logged out. */
export const SESSION_IDLE_MS = 7 * 24 * 60 * 60_000;
/** A session's last use is noted to the second, and saved at most so often. */
const NOTE_USE_MS = 1000;
const SAVE_USE_MS = 60 * 60_000;
const LOGIN_TICKET_MS = 24 * 60 * 60_000;
const SOCKET_TICKET_MS = 30_000;
const MAX_TICKETS = 64;
/**
 * Passwords that wait for their turn; each check takes 80 ms of a core. As many as there can be connections, so that
 * those who guess from many addresses make the owner wait for seconds, but keep nobody out.
 */
const MAX_WAITING_GUESSES = 64;
const AGENT_MAX_LENGTH = 200;

/** A browser that is logged in. Instants are milliseconds since 1970. */
export type Session = Readonly<{
  id: string;
  tokenHash: string;
  /** What the browser called itself. */
  agent: string;
  createdAt: number;
  usedAt: number;
}>;

/** What survives a restart. */
export type LoginState = Readonly<{
  password: PasswordHash | undefined;
  sessions: readonly Session[];
}>;

/** Keeps the login state on disk, readable by the owner alone. */
export interface LoginStore {
  readonly initial: LoginState;
  /** @throws {StorageError} */
  save(state: LoginState): Promise<void>;
}

/** Who shows a valid token: a program that could read the token file, or a browser. */
export type Caller = Readonly<{ kind: 'program' } | { kind: 'browser'; sessionId: string }>;

export type LoginOptions = Readonly<{
  store: LoginStore;
  /** The token of programs, as in the file that only the owner can read. */
  apiToken: string;
  clock: Clock;
  random: Random;
  /** Hears of a last use that could not be saved. */
  onDefect: (error: unknown) => void;
}>;

const PROGRAM: Caller = { kind: 'program' };

export class Login {
  readonly #options: LoginOptions;
  readonly #apiTokenHash: string;
  readonly #throttle: GuessThrottle;
  readonly #loginTickets: OneTimeTickets<true>;
  readonly #socketTickets: OneTimeTickets<Caller>;
  /** By token hash. */
  readonly #sessions = new Map<string, Session>();
  readonly #endListeners = new Set<(sessionId: string) => void>();
  #password: PasswordHash | undefined;
  #guessing: Promise<unknown> = Promise.resolve();
  #waitingGuesses = 0;
  #savedUseAt = 0;

  constructor(options: LoginOptions) {
    const { apiToken, clock, random, store } = options;
    this.#options = options;
    this.#apiTokenHash = hashToken(apiToken);
    this.#throttle = new GuessThrottle(clock);
    const tickets = { clock, random, maxTickets: MAX_TICKETS };
    this.#loginTickets = new OneTimeTickets({ ...tickets, lifetimeMs: LOGIN_TICKET_MS });
    this.#socketTickets = new OneTimeTickets({ ...tickets, lifetimeMs: SOCKET_TICKET_MS });
    this.#password = store.initial.password;
    for (const session of store.initial.sessions) this.#sessions.set(session.tokenHash, session);
  }

  get hasPassword(): boolean {
    return this.#password !== undefined;
  }

  /** Whose token this is. Counts as a use of the session. */
  authenticate(token: string): Caller | undefined {
    const tokenHash = hashToken(token);
    if (tokenHash === this.#apiTokenHash) return PROGRAM;
    const session = this.#sessions.get(tokenHash);
    if (session === undefined) return undefined;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - session.usedAt > SESSION_IDLE_MS) {
      void this.revoke(session.id).catch(this.#options.onDefect);
      return undefined;
    }
    if (Math.abs(nowMs - session.usedAt) >= NOTE_USE_MS) this.#noteUse(session, nowMs);
    return { kind: 'browser', sessionId: session.id };
  }

  /** A ticket for the link that logs one browser in. */
  createTicket(): string {
    return this.#loginTickets.issue(true);
  }

  /**
   * Exchanges a ticket for a session's token.
   *
   * @throws {RequestError} `unauthorized`.
   */
  async loginByTicket(ticket: string, agent: string): Promise<string> {
    if (this.#loginTickets.redeem(ticket) === undefined) {
      throw new RequestError('unauthorized', 'this link was used already or is too old');
    }
    return this.#openSession(agent);
  }

  /**
   * Exchanges the password for a session's token.
   *
   * @param caller Who is guessing, as `originOf` names it.
   * @throws {RequestError} `unauthorized`, or `too_many_requests` with the seconds to wait.
   */
  async loginByPassword(password: string, caller: string, agent: string): Promise<string> {
    if (!(await this.#guess(password, caller))) {
      throw new RequestError('unauthorized', 'that is not the password');
    }
    return this.#openSession(agent);
  }

  /**
   * Lets the owner's browser do what would let a thief of its session stay for good. Who can read the token file need
   * not say the password, and where there is none nobody can.
   *
   * @param guesser As `loginByPassword`'s `caller`.
   * @throws {RequestError} `password_needed`, or `too_many_requests` with the seconds to wait.
   */
  async confirm(caller: Caller, password: string | undefined, guesser: string): Promise<void> {
    if (caller.kind === 'program' || !this.hasPassword) return;
    if (password !== undefined && (await this.#guess(password, guesser))) return;
    const fact = password === undefined ? 'say the password again' : 'that is not the password';
    throw new RequestError('password_needed', fact);
  }

  /**
   * Sets the password and logs every browser out.
   *
   * @throws {WireError} `bad_request`: too short.
   */
  async setPassword(password: string): Promise<void> {
    this.#password = await hashPassword(password, this.#options.random);
    const ended = [...this.#sessions.values()];
    this.#sessions.clear();
    // Before it is saved: whoever is thrown out must not stay because the disk is full.
    for (const { id } of ended) this.#tellEnd(id);
    await this.#save();
  }

  /** The browsers that are logged in, most recently used first. */
  sessions(): readonly Session[] {
    return [...this.#sessions.values()].sort((a, b) => b.usedAt - a.usedAt);
  }

  /** Logs a browser out. Answers whether there was one. */
  async revoke(sessionId: string): Promise<boolean> {
    const session = this.sessions().find(({ id }) => id === sessionId);
    if (session === undefined) return false;
    this.#sessions.delete(session.tokenHash);
    this.#tellEnd(sessionId);
    await this.#save();
    return true;
  }

  /** Calls back with the id of every session that ends. */
  onSessionEnd(listener: (sessionId: string) => void): void {
    this.#endListeners.add(listener);
  }

  /** A ticket with which this caller can open one WebSocket, within 30 s. */
  createSocketTicket(caller: Caller): string {
    return this.#socketTickets.issue(caller);
  }

  /** Who got this ticket; it is gone afterwards. */
  redeemSocketTicket(ticket: string): Caller | undefined {
    const caller = this.#socketTickets.redeem(ticket);
    if (caller?.kind !== 'browser') return caller;
    return this.sessions().some(({ id }) => id === caller.sessionId) ? caller : undefined;
  }

  async #guess(password: string, caller: string): Promise<boolean> {
    this.#checkGuess(caller);
    // Counted before the check, or many at once would all be free.
    this.#throttle.fail(caller);
    if (!(await this.#inTurn(() => this.#isOwnersPassword(password)))) return false;
    this.#throttle.succeed(caller);
    return true;
  }

  #checkGuess(caller: string): void {
    const waitMs = this.#throttle.waitMs(caller);
    if (waitMs === 0 && this.#waitingGuesses < MAX_WAITING_GUESSES) return;
    const waitS = Math.max(1, Math.ceil(waitMs / 1000));
    throw new RequestError('too_many_requests', `too many guesses; wait ${waitS} s`, {
      'Retry-After': String(waitS),
    });
  }

  async #isOwnersPassword(password: string): Promise<boolean> {
    return this.#password !== undefined && (await isPassword(password, this.#password));
  }

  /** One at a time: each takes a core and 32 MiB. */
  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#waitingGuesses++;
    const result = this.#guessing.then(task).finally(() => this.#waitingGuesses--);
    // Its failure belongs to whoever waits for it, not to the next in the queue.
    this.#guessing = result.catch(() => undefined);
    return result;
  }

  async #openSession(agent: string): Promise<string> {
    const { clock, random } = this.#options;
    const token = createToken(random);
    const tokenHash = hashToken(token);
    const id = createToken(random).slice(0, 16);
    const nowMs = clock.nowMs();
    const session = { id, tokenHash, agent: agent.slice(0, AGENT_MAX_LENGTH) };
    this.#sessions.set(tokenHash, { ...session, createdAt: nowMs, usedAt: nowMs });
    for (const surplus of this.sessions().slice(MAX_SESSIONS)) {
      this.#sessions.delete(surplus.tokenHash);
      this.#tellEnd(surplus.id);
    }
    await this.#save();
    return token;
  }

  #tellEnd(sessionId: string): void {
    for (const listener of this.#endListeners) listener(sessionId);
  }

  #noteUse(session: Session, nowMs: number): void {
    this.#sessions.set(session.tokenHash, { ...session, usedAt: nowMs });
    if (Math.abs(nowMs - this.#savedUseAt) < SAVE_USE_MS) return;
    this.#savedUseAt = nowMs;
    this.#save().catch(this.#options.onDefect);
  }

  #save(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    return this.#options.store.save({ password: this.#password, sessions });
  }
}
