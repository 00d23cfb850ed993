import type { Contacts } from '../domain/contacts.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { Contact } from '../domain/model.ts';
import { retryDelayMs } from '../domain/backoff.ts';
import type { Clock, Random, Timer } from '../domain/ports.ts';
import type { RoomMirrors } from '../domain/room-mirrors.ts';
import type { Address } from '../wire/address.ts';
import { decode, WireError } from '../wire/check.ts';
import {
  decodeCheckAnswer,
  encodeCheck,
  RoomBody,
  ServersBody,
  SYNC_WAIT_MAX_SECONDS,
  type CheckAnswer,
  type RoomCheck,
} from '../wire/room-sync.ts';
import type { RoomSyncClient, SyncRequest } from './room-sync-client.ts';

/** Between checks of a host that does not wait. Source: docs/room-sync.md. */
const CHECK_PAUSE_MS = 15_000;
/** Between attempts while a host is away: doubling from the first to the second. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** An answer without news that comes so soon says that the host does not wait. */
const QUICK_MS = 1_000;

export type RoomSyncLoopDependencies = Readonly<{
  mirrors: RoomMirrors;
  client: RoomSyncClient;
  contacts: Pick<Contacts, 'get'>;
  events: DomainEvents;
  clock: Clock;
  random: Pick<Random, 'fraction'>;
  onDefect: (error: unknown) => void;
}>;

/** Asks the host of every room that the owner is in, for as long as he is. */
export class RoomSyncLoop {
  readonly #deps: RoomSyncLoopDependencies;
  readonly #askers = new Map<Address, HostAsker>();
  #stopListening: () => void = () => undefined;

  constructor(deps: RoomSyncLoopDependencies) {
    this.#deps = deps;
  }

  /** Asks all hosts, and from now on whoever there is something for. */
  async start(): Promise<void> {
    const { mirrors, events } = this.#deps;
    this.#stopListening = events.on('mirrorDue', ({ host }) => this.#ask(host));
    await mirrors.start();
    for (const host of mirrors.hosts()) this.#ask(host);
  }

  /** Ends what is under way; resolves when nothing is. */
  async stop(): Promise<void> {
    this.#stopListening();
    const ends = [...this.#askers.values()].map((asker) => asker.stop());
    this.#deps.client.close();
    await Promise.all(ends);
    await this.#deps.mirrors.stop();
  }

  #ask(host: Address): void {
    const asker = this.#askers.get(host) ?? new HostAsker(host, this.#deps);
    this.#askers.set(host, asker);
    asker.hurry();
  }
}

/** Checks with one host, one request at a time. */
class HostAsker {
  readonly #host: Address;
  readonly #deps: RoomSyncLoopDependencies;
  #running: Promise<void> | undefined;
  #isStopped = false;
  /** Something came up since the last request was made. */
  #isHurried = false;
  #failures = 0;
  /** Ends the pause, or the request that only waits. */
  #wake: () => void = () => undefined;

  constructor(host: Address, deps: RoomSyncLoopDependencies) {
    this.#host = host;
    this.#deps = deps;
  }

  hurry(): void {
    this.#isHurried = true;
    this.#wake();
    this.#running ??= this.#run().catch(this.#deps.onDefect);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isDone) {
      this.#isHurried = false;
      const pauseMs = await this.#round().catch((error: unknown) => {
        // The disk refused; it is tried again like everything.
        this.#deps.onDefect(error);
        return this.#retryMs();
      });
      if (pauseMs > 0) await this.#pause(pauseMs);
    }
    this.#running = undefined;
  }

  get #isDone(): boolean {
    return this.#isStopped || !this.#deps.mirrors.hosts().has(this.#host);
  }

  /** @returns How long to pause, in milliseconds. */
  async #round(): Promise<number> {
    const { mirrors, contacts, clock, random } = this.#deps;
    const contact = contacts.get(this.#host);
    if (contact?.state !== 'established' || contact.isBlocked) return this.#fail();
    const check = mirrors.request(this.#host);
    const beganMs = clock.monotonicMs();
    const answer = await this.#check(contact, check);
    if (answer === 'broken off') return 0;
    if (answer === undefined) return this.#fail();
    this.#failures = 0;
    const wanted = await mirrors.take(this.#host, check, answer);
    const isFetched = await this.#fetch(contact, wanted);
    if (wanted.isMore && isFetched) return 0;
    const isQuick = clock.monotonicMs() - beganMs < QUICK_MS;
    return isQuick && !isFirst(check, answer)
      ? CHECK_PAUSE_MS * (0.8 + random.fraction() * 0.4)
      : 0;
  }

  /** Waits for news unless there is something to tell. */
  async #check(
    contact: Contact,
    check: RoomCheck,
  ): Promise<CheckAnswer | 'broken off' | undefined> {
    const me = { address: this.#deps.client.ownServer(contact.address), accessKey: '' };
    const isPlain = contact.encryption !== 'dr1';
    const body = encodeCheck({
      ...check,
      me: isPlain ? { ...me, accessKey: contact.key ?? '' } : me,
    });
    const isUrgent = check.claims.length > 0 || check.repairs.size > 0;
    const waitSeconds = isUrgent ? 0 : SYNC_WAIT_MAX_SECONDS;
    const target = `/chatserver/check/${isUrgent ? '' : `?wait=${waitSeconds}`}`;
    const end = new AbortController();
    // What is urgent is not broken off: it has to be answered before anything else is said.
    if (!isUrgent) this.#wake = () => end.abort();
    const request: SyncRequest = { method: 'POST', target, body, waitMs: waitSeconds * 1000 };
    const reply = this.#isHurried && !isUrgent ? undefined : await this.#ask(contact, request, end);
    this.#wake = () => undefined;
    if (end.signal.aborted || (reply === undefined && this.#isHurried)) return 'broken off';
    return reply === undefined ? undefined : readAnswer(reply);
  }

  /** Fetches what differs, and tells what the host does not know. @returns Whether all of it came. */
  async #fetch(
    contact: Contact,
    { rooms, areServers, areOwnSessions }: Awaited<ReturnType<RoomMirrors['take']>>,
  ): Promise<boolean> {
    const { mirrors } = this.#deps;
    let isWhole = true;
    for (const uid of rooms) {
      const text = await this.#get(contact, `/chatserver/getroom/${encodeURIComponent(uid)}`);
      const body = text === undefined ? undefined : tryDecode(() => decode(RoomBody, text));
      if (body?.uid === uid) await mirrors.takeRoom(this.#host, body);
      else isWhole = false;
    }
    if (areServers) {
      const text = await this.#get(contact, '/chatserver/getservers');
      const servers = text === undefined ? undefined : tryDecode(() => decode(ServersBody, text));
      const nicks = servers?.map(({ serverUID, nick }) => [serverUID, nick] as const);
      if (nicks !== undefined) mirrors.takeServers(this.#host, new Map(nicks));
    }
    if (areOwnSessions) await this.#tellSessions(contact);
    return isWhole;
  }

  async #tellSessions(contact: Contact): Promise<void> {
    const serverUID = this.#deps.client.ownServer(contact.address);
    const sessions = this.#deps.mirrors.ownSessions(this.#host);
    const target = `/chatserver/setsessions/${encodeURIComponent(serverUID)}`;
    const body = JSON.stringify({ serverUID, sessions });
    await this.#ask(contact, { method: 'POST', target, body, waitMs: 0 }, new AbortController());
  }

  async #get(contact: Contact, target: string): Promise<string | undefined> {
    const request: SyncRequest = { method: 'GET', target, body: '', waitMs: 0 };
    return this.#ask(contact, request, new AbortController());
  }

  async #ask(
    contact: Contact,
    request: SyncRequest,
    { signal }: AbortController,
  ): Promise<string | undefined> {
    const reply = await this.#deps.client.ask(contact, request, signal);
    return reply?.status === 200 ? reply.text : undefined;
  }

  #fail(): number {
    this.#deps.mirrors.noteAway(this.#host);
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

/** Whether the request could not have waited: it had something to tell, or was told of something. */
function isFirst({ claims, repairs }: RoomCheck, answer: CheckAnswer): boolean {
  const isTold = answer.rooms !== undefined || answer.sessions !== undefined;
  return claims.length > 0 || repairs.size > 0 || isTold || answer.servers !== undefined;
}

/** @returns `undefined` for an answer that is none. */
function readAnswer(text: string): CheckAnswer | undefined {
  return tryDecode(() => decodeCheckAnswer(text));
}

function tryDecode<Value>(decodeIt: () => Value): Value | undefined {
  try {
    return decodeIt();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
