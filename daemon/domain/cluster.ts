/** Who is connected to the other servers of the cluster, and how they come to know who is connected here. */
import {
  NEWS_MAX_USERS,
  type ClusterMail,
  type ClusterNews,
  type UserNews,
} from '../wire/cluster.ts';
import type { TurntableId } from '../wire/turntable.ts';
import type { ClusterBus } from './cluster-bus.ts';
import type { GameInvitation } from './game-invitations.ts';
import type { Clock, Timer } from './ports.ts';

/** How often a server says that it is there. */
export const ALIVE_INTERVAL_MS = 5000;
/** A server that said nothing for so long is gone, and everybody there with it. Source: docs/turntable.md#between-servers. */
export const SERVER_GONE_MS = 15_000;

/** How somebody is. */
export type Standing = Readonly<{
  status: 'online' | 'busy';
  /** When that was said, in milliseconds since 1970. */
  at: number;
  /** Digest of his token; `undefined` where none is asked for. */
  token: string | undefined;
}>;

/** What the cluster wants of those who look after the people at this server. */
export type ClusterUser = Readonly<{
  everybodyHere: () => readonly UserNews[];
  /** Somebody came, went or changed at another server. */
  onChange: (id: TurntableId) => void;
  /** Somebody who was here a moment ago is invited by another server. */
  onInvite: (to: TurntableId, invitation: GameInvitation) => void;
}>;

/** Another server, as far as it has told us. */
type Server = {
  readonly epoch: string;
  /** Last change that we have; -1 before its state is here. */
  seq: number;
  people: Map<TurntableId, Standing>;
  /** Parts of its state that are here, and those in them. */
  arriving: Readonly<{ parts: number; people: Map<TurntableId, Standing> }> | undefined;
  isAsked: boolean;
  /** Monotonic time of the last mail. */
  heardAtMs: number;
};

type Dependencies = Readonly<{ bus: ClusterBus; clock: Clock; self: number; epoch: string }>;

export class Cluster {
  readonly #deps: Dependencies;
  readonly #servers = new Map<number, Server>();
  #user: ClusterUser | undefined;
  #seq = 0;
  #timer: Timer | undefined;
  #stopListening: () => void = () => undefined;

  /** @param deps `epoch` is another one each time that the server starts. */
  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Joins the bus, and asks everybody there who is with them. */
  start(user: ClusterUser): void {
    this.#user = user;
    const { bus, self } = this.#deps;
    this.#stopListening = bus.subscribe(self, (mail) => this.#hear(mail));
    this.#post({ type: 'tell' });
    this.#repeatAlive();
  }

  /** Leaves the bus: whoever is here is offline for the others, and nothing more is told. */
  stop(): void {
    this.#timer?.cancel();
    this.#post({ type: 'bye' });
    this.#user = undefined;
    this.#stopListening();
    this.#servers.clear();
  }

  /** How somebody is who is connected elsewhere; `undefined` when he is not. */
  of(id: TurntableId): Standing | undefined {
    let latest: Standing | undefined;
    for (const { people } of this.#servers.values()) {
      const standing = people.get(id);
      if (standing !== undefined && (latest === undefined || isLater(standing, latest))) {
        latest = standing;
      }
    }
    return latest;
  }

  /** Tells the others how somebody here is. */
  tell(user: UserNews): void {
    this.#seq += 1;
    this.#post({ type: 'users', seq: this.#seq, users: [user] });
  }

  /**
   * Sends an invitation to every server where somebody is.
   *
   * @returns Whether there is one.
   */
  invite(to: TurntableId, { channel, from }: GameInvitation): boolean {
    const servers = [...this.#servers].filter(([, { people }]) => people.has(to));
    for (const [server] of servers) this.#post({ type: 'invite', to, channel, from }, server);
    return servers.length > 0;
  }

  #post(news: ClusterNews, to: number | null = null): void {
    if (this.#user === undefined) return;
    const { bus, self, epoch } = this.#deps;
    bus.post({ from: self, epoch, to, news });
  }

  #hear({ from, epoch, to, news }: ClusterMail): void {
    const { self } = this.#deps;
    if (from === self || (to !== null && to !== self)) return;
    const known = this.#servers.get(from);
    if (news.type === 'bye') {
      // One that comes late is not of the server that has been started since.
      if (known?.epoch === epoch) this.#forget(from);
      return;
    }
    const server = known?.epoch === epoch ? known : this.#meet(from, epoch);
    server.heardAtMs = this.#deps.clock.monotonicMs();
    this.#take(from, server, news);
  }

  #take(from: number, server: Server, news: Exclude<ClusterNews, { type: 'bye' }>): void {
    switch (news.type) {
      case 'users':
        if (news.seq === server.seq + 1) this.#change(server, news.seq, news.users);
        else this.#ask(from, server);
        break;
      case 'state':
        this.#collect(server, news);
        break;
      case 'alive':
        // Whatever we asked for before has had time to come.
        server.isAsked = false;
        if (news.seq !== server.seq) this.#ask(from, server);
        break;
      case 'tell':
        this.#tellState(from);
        if (server.seq < 0) this.#ask(from, server);
        break;
      case 'invite':
        this.#user?.onInvite(news.to, { channel: news.channel, from: news.from });
        break;
    }
  }

  /** A server that is new, or new again. */
  #meet(from: number, epoch: string): Server {
    this.#forget(from);
    const server: Server = {
      ...{ epoch, seq: -1, people: new Map(), arriving: undefined, isAsked: false },
      heardAtMs: this.#deps.clock.monotonicMs(),
    };
    this.#servers.set(from, server);
    return server;
  }

  #forget(from: number): void {
    const people = this.#servers.get(from)?.people ?? new Map<TurntableId, Standing>();
    this.#servers.delete(from);
    this.#tellChanged(people.keys());
  }

  #change(server: Server, seq: number, users: readonly UserNews[]): void {
    server.seq = seq;
    for (const user of users) {
      const standing = standingOf(user);
      if (standing === undefined) server.people.delete(user.id);
      else server.people.set(user.id, standing);
    }
    this.#tellChanged(users.map(({ id }) => id));
  }

  /** Takes parts of a state as they come; a part that got lost makes the rest worthless. */
  #collect(server: Server, { seq, part, isLast, users }: StateNews): void {
    const before = part === 0 ? undefined : server.arriving;
    server.arriving = undefined;
    if (part !== (before?.parts ?? 0)) return;
    const people = before?.people ?? new Map<TurntableId, Standing>();
    for (const user of users) {
      const standing = standingOf(user);
      if (standing !== undefined) people.set(user.id, standing);
    }
    if (!isLast) {
      server.arriving = { parts: part + 1, people };
      return;
    }
    const concerned = new Set([...server.people.keys(), ...people.keys()]);
    server.seq = seq;
    server.people = people;
    server.isAsked = false;
    this.#tellChanged(concerned);
  }

  #ask(from: number, server: Server): void {
    if (server.isAsked) return;
    server.isAsked = true;
    this.#post({ type: 'tell' }, from);
  }

  #tellState(to: number): void {
    if (this.#user === undefined) return;
    const everybody = this.#user.everybodyHere();
    const parts = Math.max(1, Math.ceil(everybody.length / NEWS_MAX_USERS));
    for (let part = 0; part < parts; part++) {
      const users = everybody.slice(part * NEWS_MAX_USERS, (part + 1) * NEWS_MAX_USERS);
      const isLast = part === parts - 1;
      this.#post({ type: 'state', seq: this.#seq, part, isLast, users }, to);
    }
  }

  #tellChanged(ids: Iterable<TurntableId>): void {
    for (const id of ids) this.#user?.onChange(id);
  }

  #repeatAlive(): void {
    const { clock } = this.#deps;
    this.#timer = clock.after(ALIVE_INTERVAL_MS, () => {
      this.#post({ type: 'alive', seq: this.#seq });
      const now = clock.monotonicMs();
      for (const [from, { heardAtMs }] of [...this.#servers]) {
        if (now - heardAtMs > SERVER_GONE_MS) this.#forget(from);
      }
      this.#repeatAlive();
    });
  }
}

type StateNews = Extract<ClusterNews, { type: 'state' }>;

/** Whether one word about somebody counts more than another, wherever both are heard. */
export function isLater(one: Standing, other: Standing): boolean {
  if (one.at !== other.at) return one.at > other.at;
  return one.status === 'busy' && other.status === 'online';
}

function standingOf({ status, at, token }: UserNews): Standing | undefined {
  return status === 'offline' ? undefined : { status, at, token: token ?? undefined };
}
