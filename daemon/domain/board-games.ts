import {
  drawBoard,
  formatGameText,
  formatMoves,
  type GameAction,
  type GameView,
} from '../wire/game.ts';
import { DomainError } from './errors.ts';
import type { Random } from './ports.ts';
import { gameOf, refusalOf, type Game, type Player, type Said } from './tic-tac-toe.ts';

/** Games of which the messages are at hand. */
const OPEN_MAX_GAMES = 200;
/** Messages of one game; whoever says more says it to nobody. */
const GAME_MAX_MESSAGES = 300;
/** Bytes of randomness in the id of a game. */
const ID_BYTES = 10;

/** Where people play: a conversation or a room. */
export interface GamePlace {
  /** Lasting, whatever the place is called. */
  readonly key: string;
  /** Who the owner of this daemon is there. */
  readonly self: Player;
  /** How a player is called; the owner of this daemon `""`. */
  nameOf(player: Player): string;
  /** All that was said in a game, in whatever order. @throws {StorageError} */
  load(id: string): Promise<readonly Said[]>;
  /**
   * Says something; everybody there has it sooner or later. Resolves when it is durable here, and as a rule heard.
   *
   * @param messageId Makes a repeat harmless.
   * @throws {DomainError | StorageError} Nothing was said.
   */
  say(text: string, messageId: string): Promise<void>;
}

/** Finds places by what they are called, and tells what happens there. */
export interface GamePlaces {
  find(name: string): GamePlace | undefined;
  /** Listens to all that is said in games. */
  listen(listener: GameListener): void;
}

/** What `GamePlaces` tells of. */
export type GameListener = Readonly<{
  onSaid: (place: string, id: string, said: Said) => void;
  /** Messages are not there any more. */
  onGone: (place: string, isGone: (ref: number) => boolean) => void;
}>;

type OpenGame = Readonly<{
  place: GamePlace;
  said: Map<number, Said>;
  /** Settles when all that was said before is there. */
  loading: Promise<void>;
  onChange: () => void;
}>;

type Dependencies = Readonly<{ places: GamePlaces; random: Random }>;

/**
 * Games between people, as far as somebody looks at them. Nothing of them is kept but their messages, so nothing can be
 * lost or differ from what was said.
 */
export class BoardGames {
  readonly #deps: Dependencies;
  /** The one opened last comes last. */
  readonly #open = new Map<string, OpenGame>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.places.listen({
      onSaid: (place, id, said) => this.#hear(`${place}/${id}`, said),
      onGone: (place, isGone) => this.#forget(`${place}/`, isGone),
    });
  }

  /** Whether this is somebody, or a room, to play with. */
  isPlace(place: string): boolean {
    return this.#deps.places.find(place) !== undefined;
  }

  /**
   * How a game stands; from now on each change is told, perhaps before this resolves.
   *
   * @throws {DomainError} `not_found`: there is no such place.
   * @throws {StorageError}
   */
  async open(place: string, id: string, onChange: (view: GameView) => void): Promise<GameView> {
    const where = this.#require(place);
    const key = `${where.key}/${id}`;
    const said = new Map<number, Said>();
    let isLoaded = false;
    const loading = where.load(id).then((all) => {
      for (const one of all) note(said, one);
      isLoaded = true;
    });
    const game: OpenGame = {
      ...{ place: where, said, loading },
      onChange: () => {
        if (isLoaded) onChange(viewOf(game));
      },
    };
    // There before it is loaded, so that nothing that is said meanwhile is missed.
    this.#open.delete(key);
    this.#open.set(key, game);
    this.#closeOldest();
    try {
      await loading;
    } catch (error) {
      if (this.#open.get(key) === game) this.#open.delete(key);
      throw error;
    }
    return viewOf(game);
  }

  /**
   * Does something in a game, as the owner of this daemon: says it, if the rules allow it.
   *
   * @returns Why not, as a sentence; `undefined` once it is said for good.
   * @throws {DomainError} `not_found`: there is no such place.
   * @throws {StorageError}
   */
  async act(place: string, id: string, action: GameAction): Promise<string | undefined> {
    const where = this.#require(place);
    const refusal = refusalOf(gameOf(await this.#saidIn(where, id)), where.self, action);
    if (refusal !== undefined) return refusal;
    try {
      const board = action.type === 'move' ? drawBoard(action.moves) : '';
      await where.say(formatGameText({ id, action }, board), messageId(id, action));
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error.message;
      throw error;
    }
  }

  /**
   * Invites whoever is there.
   *
   * @returns The new game's id.
   * @throws {DomainError} `not_found`, or why nothing can be said there.
   * @throws {StorageError}
   */
  async begin(place: string): Promise<string> {
    const where = this.#require(place);
    const id = Buffer.from(this.#deps.random.bytes(ID_BYTES)).toString('hex');
    const action = { type: 'invite' } as const;
    await where.say(formatGameText({ id, action }), messageId(id, action));
    return id;
  }

  #require(place: string): GamePlace {
    const found = this.#deps.places.find(place);
    if (found === undefined)
      throw new DomainError('not_found', `there is no ${place} to play with`);
    return found;
  }

  async #saidIn(where: GamePlace, id: string): Promise<readonly Said[]> {
    const game = this.#open.get(`${where.key}/${id}`);
    if (game === undefined) return where.load(id);
    await game.loading;
    return [...game.said.values()];
  }

  #hear(key: string, said: Said): void {
    const game = this.#open.get(key);
    if (game !== undefined && note(game.said, said)) game.onChange();
  }

  #forget(place: string, isGone: (ref: number) => boolean): void {
    for (const [key, game] of this.#open) {
      if (!key.startsWith(place)) continue;
      const gone = [...game.said.keys()].filter(isGone);
      for (const ref of gone) game.said.delete(ref);
      if (gone.length > 0) game.onChange();
    }
  }

  #closeOldest(): void {
    for (const key of this.#open.keys()) {
      if (this.#open.size <= OPEN_MAX_GAMES) return;
      this.#open.delete(key);
    }
  }
}

/** @returns Whether it is new. */
function note(known: Map<number, Said>, said: Said): boolean {
  if (known.has(said.ref) || known.size >= GAME_MAX_MESSAGES) return false;
  known.set(said.ref, said);
  return true;
}

function viewOf({ place, said }: OpenGame): GameView {
  const game = gameOf([...said.values()]);
  const { X, O } = game.players;
  return {
    game: 'tic-tac-toe',
    state: game.state,
    moves: formatMoves(game.moves),
    turn: game.turn ?? null,
    winner: game.winner ?? null,
    line: formatMoves(game.line),
    you: sideOf(game, place.self),
    x: X === undefined ? null : place.nameOf(X),
    o: O === undefined ? null : place.nameOf(O),
    counted: game.counted,
  };
}

function sideOf({ players }: Game, player: Player): GameView['you'] {
  if (players.X === player) return 'X';
  return players.O === player ? 'O' : null;
}

/** One for each thing that can be done once, so that two browsers can't do it twice. */
function messageId(id: string, action: GameAction): string {
  return `game-${id}-${action.type === 'move' ? action.moves.length : action.type}`;
}
