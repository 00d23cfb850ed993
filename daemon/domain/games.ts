/** Games: rooms in which what one does reaches all, in one order and with one clock. */
import type { GameAction, SentAction, TurntableFrame, TurntableId } from '../wire/turntable.ts';
import type { GameInvitations } from './game-invitations.ts';
import type { Clock, Timer } from './ports.ts';
import { isGuestId, TurntableError, type TurntableClient } from './turntable-client.ts';

/** Games of one connection. */
export const CLIENT_MAX_GAMES = 32;
export const GAME_MAX_MEMBERS = 256;
/** Games in all. */
export const MAX_GAMES = 10_000;
/** How far an author's clock may be off before ours counts. Source: docs/turntable.md#games. */
export const CLOCK_TOLERANCE_MS = 2000;
/** How long the seat of somebody whose connection broke is kept. Source: docs/turntable.md#games. */
export const SEAT_KEPT_MS = 60_000;

/** The place of one person in a game. */
type Seat = { readonly clients: Set<TurntableClient>; leaving: Timer | undefined };
type Game = {
  readonly name: string;
  readonly seats: Map<TurntableId, Seat>;
  /** Timestamp of the last action. */
  lastAt: number;
};

type Dependencies = Readonly<{ invitations: GameInvitations; clock: Clock }>;

export class Games {
  readonly #deps: Dependencies;
  readonly #games = new Map<string, Game>();
  readonly #gamesOf = new Map<TurntableClient, Set<Game>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Joins a game, or makes it; then invites. A repeat from another connection of the same person is one member still.
   *
   * @throws {TurntableError} `forbidden`, `limit`; nothing happened.
   */
  join(client: TurntableClient, { channel, self, invite }: Join): void {
    if (self !== undefined && self !== client.id) {
      throw new TurntableError('forbidden', 'self is another id than yours');
    }
    if (!invite.every(isGuestId)) throw new TurntableError('forbidden', 'only guests are invited');
    const game = this.#games.get(channel) ?? { name: channel, seats: new Map(), lastAt: 0 };
    this.#checkRoom(client, game);
    this.#games.set(channel, game);
    const isNews = this.#sit(client, game);
    const members = membersOf(game);
    if (isNews) tellAll(game, members);
    else client.receive(members);
    for (const id of invite) {
      if (!game.seats.has(id)) this.#deps.invitations.invite(id, { channel, from: client.id });
    }
  }

  /**
   * Passes actions on to all members, their author included.
   *
   * @throws {TurntableError} `not_member`, `forbidden`; none of the actions counts.
   */
  act(client: TurntableClient, channel: string, actions: readonly SentAction[]): void {
    const game = this.#games.get(channel);
    if (game?.seats.get(client.id)?.clients.has(client) !== true) throw notMember(channel);
    if (actions.some(({ from }) => from !== undefined && from !== client.id)) {
      throw new TurntableError('forbidden', 'an action is from somebody else');
    }
    const told = actions.map((action) => this.#stamp(game, client.id, action));
    tellAll(game, { command: 'game', channel, actions: told });
  }

  /** @throws {TurntableError} `not_member`. */
  leave(client: TurntableClient, channel: string): void {
    const game = this.#games.get(channel);
    const seat = game?.seats.get(client.id);
    if (game === undefined || seat?.clients.delete(client) !== true) throw notMember(channel);
    this.#gamesOf.get(client)?.delete(game);
    if (seat.clients.size === 0) this.#stand(game, client.id);
  }

  /** A connection is gone. Its seats are kept for a while: links break, and come back. */
  disconnect(client: TurntableClient): void {
    for (const game of this.#gamesOf.get(client) ?? []) {
      const seat = game.seats.get(client.id);
      seat?.clients.delete(client);
      if (seat?.clients.size !== 0) continue;
      seat.leaving = this.#deps.clock.after(SEAT_KEPT_MS, () => this.#stand(game, client.id));
    }
    this.#gamesOf.delete(client);
  }

  /** Ends all games; nobody is told. */
  stop(): void {
    for (const { seats } of this.#games.values()) {
      for (const { leaving } of seats.values()) leaving?.cancel();
    }
    this.#games.clear();
    this.#gamesOf.clear();
  }

  #checkRoom(client: TurntableClient, game: Game): void {
    const own = this.#gamesOf.get(client);
    if (own !== undefined && !own.has(game) && own.size >= CLIENT_MAX_GAMES) {
      throw new TurntableError('limit', `at most ${CLIENT_MAX_GAMES} games a connection`);
    }
    if (game.seats.size === 0 && this.#games.size >= MAX_GAMES) {
      throw new TurntableError('limit', `at most ${MAX_GAMES} games`);
    }
    if (!game.seats.has(client.id) && game.seats.size >= GAME_MAX_MEMBERS) {
      throw new TurntableError('limit', `at most ${GAME_MAX_MEMBERS} members`);
    }
  }

  /** @returns Whether there is a member more. */
  #sit(client: TurntableClient, game: Game): boolean {
    const seat = game.seats.get(client.id);
    seat?.leaving?.cancel();
    if (seat === undefined) {
      game.seats.set(client.id, { clients: new Set([client]), leaving: undefined });
    } else {
      seat.leaving = undefined;
      seat.clients.add(client);
    }
    const own = this.#gamesOf.get(client) ?? new Set();
    this.#gamesOf.set(client, own.add(game));
    return seat === undefined;
  }

  #stand(game: Game, id: TurntableId): void {
    game.seats.delete(id);
    if (game.seats.size === 0) this.#games.delete(game.name);
    else tellAll(game, membersOf(game));
  }

  #stamp(game: Game, from: TurntableId, { timestamp, data }: SentAction): GameAction {
    const now = this.#deps.clock.nowMs();
    const isPlausible =
      timestamp !== undefined &&
      Math.abs(timestamp - now) <= CLOCK_TOLERANCE_MS &&
      timestamp >= game.lastAt;
    game.lastAt = isPlausible ? timestamp : Math.max(now, game.lastAt);
    return { timestamp: game.lastAt, from, data };
  }
}

/** What somebody says who joins a game. */
export type Join = Readonly<{
  channel: string;
  self: TurntableId | undefined;
  invite: readonly TurntableId[];
}>;

function membersOf({ name, seats }: Game): TurntableFrame {
  return { command: 'members', channel: name, members: [...seats.keys()] };
}

function tellAll({ seats }: Game, frame: TurntableFrame): void {
  for (const { clients } of seats.values()) for (const client of clients) client.receive(frame);
}

function notMember(channel: string): TurntableError {
  return new TurntableError('not_member', `you are not in ${channel}`);
}
