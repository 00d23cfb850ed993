import type { Address } from '../wire/address.ts';
import type { Clock, Timer } from './ports.ts';
import { hashServers, hashServerSessions, hashSessions } from './room-hash.ts';
import type { RoomUser } from './room-model.ts';

/** A server that asked for nothing in so long has nobody logged in. Source: docs/room-sync.md#who-sees-what. */
export const SERVER_LAPSE_MS = 120_000;

type Dependencies = Readonly<{
  clock: Clock;
  /** Hears of a server that has others logged in now. */
  onChange: (server: Address) => void;
}>;

type Server = Readonly<{ nick: string; users: readonly RoomUser[]; hash: string }>;

/** Who is logged in at which server, as this daemon as a host knows. In memory alone: servers tell it again. */
export class ServerSessions {
  readonly #deps: Dependencies;
  readonly #servers = new Map<Address, Server>();
  /** When each was heard of, on the monotonic clock; who was not for longest comes first. */
  readonly #heardAt = new Map<Address, number>();
  #hashes: Readonly<{ sessions: string; servers: string }> | undefined;
  #timer: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Hash of all sessions. */
  get hash(): string {
    return this.#hashed().sessions;
  }

  /** Hash of the network. */
  get networkHash(): string {
    return this.#hashed().servers;
  }

  /** Hashes by server, of those with at least one session. */
  get hashes(): ReadonlyMap<string, string> {
    const present = [...this.#servers].filter(([, { users }]) => users.length > 0);
    return new Map(present.map(([server, { hash }]) => [server, hash]));
  }

  get nicks(): ReadonlyMap<Address, string> {
    return new Map([...this.#servers].map(([server, { nick }]) => [server, nick]));
  }

  users(server: Address): readonly RoomUser[] {
    return this.#servers.get(server)?.users ?? [];
  }

  /** Whether somebody of a server is logged in there. */
  has(server: Address, user: RoomUser): boolean {
    return this.users(server).includes(user);
  }

  hashOf(server: Address): string {
    return this.#servers.get(server)?.hash ?? hashServerSessions(server, []);
  }

  /** Replaces what is known of a server. */
  set(server: Address, nick: string, users: readonly RoomUser[]): void {
    const hash = hashServerSessions(server, users);
    const known = this.#servers.get(server);
    if (known?.hash === hash && known.nick === nick) return;
    this.#servers.set(server, { nick, users, hash });
    this.#hashes = undefined;
    if (known?.hash !== hash) this.#deps.onChange(server);
  }

  /** A server was heard of, so that what it told holds on. */
  touch(server: Address): void {
    this.#heardAt.delete(server);
    this.#heardAt.set(server, this.#deps.clock.monotonicMs());
    this.#watch();
  }

  /** Forgets a server. */
  remove(server: Address): void {
    this.#heardAt.delete(server);
    if (!this.#servers.delete(server)) return;
    this.#hashes = undefined;
    this.#deps.onChange(server);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #hashed(): Readonly<{ sessions: string; servers: string }> {
    this.#hashes ??= { sessions: hashSessions(this.hashes), servers: hashServers(this.nicks) };
    return this.#hashes;
  }

  #watch(): void {
    const [first] = this.#heardAt.values();
    if (this.#timer !== undefined || first === undefined) return;
    const dueMs = Math.max(1, first + SERVER_LAPSE_MS - this.#deps.clock.monotonicMs());
    this.#timer = this.#deps.clock.after(dueMs, () => {
      this.#timer = undefined;
      this.#sweep();
      this.#watch();
    });
  }

  #sweep(): void {
    const deadline = this.#deps.clock.monotonicMs() - SERVER_LAPSE_MS;
    for (const [server, heardAt] of [...this.#heardAt]) {
      if (heardAt > deadline) return;
      this.remove(server);
    }
  }
}
