/** Presence and games of a hub: who is there, and what is played. */
import type { PresenceStatus, TurntableId } from '../../daemon/wire/turntable.ts';
import type { Clock } from './clock.ts';
import { ClientError, closedError } from './errors.ts';
import { Game, type GameHearing, type GameInvitation } from './game.ts';
import type { ConnectionState } from './line.ts';
import { Listeners } from './listeners.ts';
import { toSocketUrl, type OpenSocket } from './sockets.ts';
import { Table } from './table.ts';
import { encodeStatus, encodeWatch, type HeardCommand } from './turntable-frames.ts';

const TURNTABLE_PATH = '/turntable';
/** Ids in one frame; the daemon takes a thousand. */
const WATCH_MAX_IDS = 500;
/** Servers of a cluster that a game may be sent on to in one go. */
const MAX_MOVES = 3;
/** An invitation that comes over two connections comes at about the same time. */
const SAME_INVITATION_MS = 10_000;

export type TurntableConnectionOptions = Readonly<{
  /** WebSocket URL. */
  url: string;
  id: TurntableId;
  token: string | undefined;
  openSocket: OpenSocket;
  clock: Clock;
}>;

type Seat = { readonly game: Game; hearing: GameHearing; table: Table; moves: number };

export class TurntableConnection {
  readonly #options: TurntableConnectionOptions;
  readonly #home: Table;
  /** Connections with other servers of the cluster, by URL, for the games that are played there. */
  readonly #tables = new Map<string, Table>();
  readonly #seats = new Map<string, Seat>();
  readonly #watched = new Set<TurntableId>();
  readonly #statuses = new Map<TurntableId, PresenceStatus>();
  readonly #statusListeners = new Listeners<[id: TurntableId, status: PresenceStatus]>();
  readonly #invitationListeners = new Listeners<[GameInvitation]>();
  readonly #errorListeners = new Listeners<[ClientError]>();
  /** When which invitation of late came last. */
  readonly #invitedAt = new Map<string, number>();
  #ownStatus: 'online' | 'busy' = 'online';

  constructor(options: TurntableConnectionOptions) {
    this.#options = options;
    this.#home = this.#openTable(options.url, () => this.#settleIn());
  }

  get state(): ConnectionState {
    return this.#home.line.state;
  }

  /** Who of those watched is there, as far as was told. Changes in place. */
  get statuses(): ReadonlyMap<TurntableId, PresenceStatus> {
    return this.#statuses;
  }

  /** Calls back whenever it changes. @returns What takes the listener away again. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#home.line.onState(listener);
  }

  /** Calls back for each change of somebody watched. @returns What takes the listener away again. */
  onStatus(listener: (id: TurntableId, status: PresenceStatus) => void): () => void {
    return this.#statusListeners.add(listener);
  }

  /** Calls back when somebody wants us in a game. @returns What takes the listener away again. */
  onInvitation(listener: (invitation: GameInvitation) => void): () => void {
    return this.#invitationListeners.add(listener);
  }

  /** Calls back for errors that belong to nothing that was asked for. @returns What takes the listener away again. */
  onError(listener: (error: ClientError) => void): () => void {
    return this.#errorListeners.add(listener);
  }

  start(): void {
    this.#home.line.start();
  }

  /** Does not wait for the next attempt any longer. */
  retryNow(): void {
    this.#home.line.retryNow();
    for (const { line } of this.#tables.values()) line.retryNow();
  }

  /** Disconnects for good. Whatever waits ends with `closed`. */
  close(): void {
    for (const { hearing } of this.#seats.values()) hearing.refuse(closedError('the connection'));
    this.#seats.clear();
    for (const { line } of this.#tables.values()) line.stop();
    this.#home.line.stop();
  }

  /** Wants to know of these, from now on. */
  watch(...ids: readonly TurntableId[]): void {
    const fresh = ids.filter((id) => !this.#watched.has(id));
    for (const id of fresh) this.#watched.add(id);
    if (this.#home.isReady) this.#askFor(fresh);
  }

  /** What those who watch us are told, over reconnections as well. */
  setStatus(status: 'online' | 'busy'): void {
    this.#ownStatus = status;
    this.#home.send(encodeStatus(status));
  }

  /** Joins a game, or makes it. Asking again for one that we are in gives the same. */
  join(channel: string, { invite = [] }: Readonly<{ invite?: readonly TurntableId[] }> = {}): Game {
    const known = this.#seats.get(channel);
    if (known !== undefined) {
      known.game.invite(...invite);
      return known.game;
    }
    let hearing: GameHearing | undefined;
    const game = new Game({
      ...{ channel, invite, self: this.#options.id },
      attach: (given) => (hearing = given),
      onLeave: () => this.#leave(channel),
      onError: (error) => this.#errorListeners.tell(error),
    });
    if (hearing === undefined) return game;
    const seat: Seat = { game, hearing, table: this.#home, moves: 0 };
    this.#seats.set(channel, seat);
    if (this.#home.isReady) seat.hearing.sit(this.#home);
    return game;
  }

  #openTable(url: string, onReady: () => void): Table {
    const { id, token, openSocket, clock } = this.#options;
    const table: Table = new Table({
      ...{ url, id, token, openSocket, clock },
      onReady: () => {
        onReady();
        for (const { hearing } of this.#seatsAt(table)) hearing.sit(table);
      },
      onLost: () => {
        for (const { hearing } of this.#seatsAt(table)) hearing.lose();
      },
      onHeard: (heard) => this.#hear(heard, table),
      onError: (error, isFinal) => this.#hearError(error, isFinal ? table : undefined),
    });
    return table;
  }

  #seatsAt(table: Table): readonly Seat[] {
    return [...this.#seats.values()].filter((seat) => seat.table === table);
  }

  #settleIn(): void {
    if (this.#ownStatus !== 'online') this.#home.send(encodeStatus(this.#ownStatus));
    this.#askFor([...this.#watched]);
  }

  #askFor(ids: readonly TurntableId[]): void {
    for (let start = 0; start < ids.length; start += WATCH_MAX_IDS) {
      const some = ids.slice(start, start + WATCH_MAX_IDS);
      this.#home.ask(encodeWatch(some), {
        take: (heard) =>
          heard.command === 'userchange' && some.every((id) => heard.statuses.has(id)),
        refuse: (error) => this.#errorListeners.tell(error),
        // They are asked for again with the next connection.
        lose: () => undefined,
      });
    }
  }

  #hear(heard: HeardCommand, table: Table): void {
    switch (heard.command) {
      case 'userchange':
        this.#hearStatuses(heard.statuses);
        break;
      case 'invite':
        this.#hearInvitation(heard);
        break;
      case 'members':
      case 'game':
        this.#hearOfGame(heard);
        break;
      case 'moved':
        this.#move(heard.id, heard.server, table);
        break;
      case 'idyou':
      case 'error':
        // The table sees to these.
        break;
    }
  }

  #hearOfGame(
    heard: Extract<HeardCommand, { channel: string; command: 'members' | 'game' }>,
  ): void {
    const seat = this.#seats.get(heard.channel);
    if (seat === undefined) return;
    seat.moves = 0;
    seat.hearing.hear(heard);
  }

  #hearStatuses(statuses: ReadonlyMap<TurntableId, PresenceStatus>): void {
    for (const [id, status] of statuses) {
      if (this.#statuses.get(id) === status) continue;
      this.#statuses.set(id, status);
      this.#statusListeners.tell(id, status);
    }
  }

  #hearInvitation({ channel, from }: GameInvitation): void {
    const key = JSON.stringify([channel, from]);
    const now = this.#options.clock.nowMs();
    for (const [old, at] of this.#invitedAt) {
      if (now - at >= SAME_INVITATION_MS) this.#invitedAt.delete(old);
    }
    const before = this.#invitedAt.get(key) ?? -Infinity;
    this.#invitedAt.set(key, now);
    // Of several connections each hears of it.
    const isEcho = this.#tables.size > 0 && now - before < SAME_INVITATION_MS;
    if (!isEcho) this.#invitationListeners.tell({ channel, from });
  }

  /** A game is played at another server of the cluster. */
  #move(channel: string, server: string, from: Table): void {
    const seat = this.#seats.get(channel);
    if (seat?.table !== from) return;
    const url = this.#placeOf(server);
    if (url === undefined || ++seat.moves > MAX_MOVES) {
      seat.hearing.refuse(new ClientError('rejected', `${channel} can’t be found: ${server}`));
      this.#seats.delete(channel);
      return;
    }
    seat.table = this.#tableAt(url);
    if (seat.table.isReady) seat.hearing.sit(seat.table);
  }

  /** The URL of another server, unless our token would travel there in the open. */
  #placeOf(server: string): string | undefined {
    if (!/^(?:ws|http)s?:\/\//i.test(server) || !URL.canParse(server)) return undefined;
    const url = toSocketUrl(server, TURNTABLE_PATH);
    const isWorse = this.#options.url.startsWith('wss:') && !url.startsWith('wss:');
    return isWorse ? undefined : url;
  }

  #tableAt(url: string): Table {
    if (url === this.#options.url) return this.#home;
    const known = this.#tables.get(url);
    if (known !== undefined) return known;
    const table = this.#openTable(url, () => undefined);
    this.#tables.set(url, table);
    table.line.start();
    return table;
  }

  #leave(channel: string): void {
    const table = this.#seats.get(channel)?.table;
    this.#seats.delete(channel);
    for (const [url, other] of this.#tables) {
      if (other !== table || this.#seatsAt(other).length > 0) continue;
      this.#tables.delete(url);
      other.line.stop();
    }
  }

  /** @param refusing Where we are not let in. */
  #hearError(error: ClientError, refusing: Table | undefined): void {
    for (const { game, hearing } of refusing === undefined ? [] : this.#seatsAt(refusing)) {
      hearing.refuse(error);
      this.#seats.delete(game.channel);
    }
    this.#errorListeners.tell(error);
  }
}
