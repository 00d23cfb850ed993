/**
 * The rules of tic-tac-toe among people who only send each other messages.
 *
 * A game is a function of the set of its messages: however they were delayed, repeated or mixed with others', all who have
 * the same ones see the same board. Each move names all moves before it. So a move counts only where its author saw what
 * the others see, and once it is answered nothing that comes later can take its place.
 *
 * Source: docs/games.md#rules.
 */
import {
  CELLS,
  formatMoves,
  sideAfter,
  winningRow,
  type Cell,
  type GameAction,
  type GameState,
  type Side,
} from '../wire/game.ts';

/** Who says something; in one place always the same text for the same one. */
export type Player = string;

/** Something that was said in a game. */
export type Said = Readonly<{
  by: Player;
  action: GameAction;
  /** Orders what was said; the same for all who see it. */
  order: number;
  /** Names the message here. */
  ref: number;
}>;

export type Game = Readonly<{
  state: GameState;
  players: Readonly<Record<Side, Player | undefined>>;
  moves: readonly Cell[];
  /** Whose turn it is; `undefined` unless the game is `playing`. */
  turn: Side | undefined;
  winner: Side | undefined;
  /** Cells of the row that won. */
  line: readonly Cell[];
  /** The messages that made it what it is. */
  counted: readonly number[];
}>;

/** A move in its place, and the message that made it, if that is still there. */
type Made = Readonly<{ cell: Cell; ref: number | undefined }>;

/** A move as it was said. */
type Move = Readonly<{ by: Player; moves: readonly Cell[]; text: string; ref: number }>;

/** The game that these messages make, in whatever order they come. */
export function gameOf(messages: readonly Said[]): Game {
  const invitation = findInvitation(messages);
  if (invitation === undefined) return unplayed('void', undefined, []);
  const { by: x, ref } = invitation;
  const said = [...messages].sort((one, other) => compareSaid(one, other, x));
  const acceptance = findAcceptance(said, x);
  if (acceptance !== undefined) return played(said, x, acceptance.by, [ref, acceptance.ref]);
  const end = said.find(({ by, action: { type } }) => type === (by === x ? 'resign' : 'decline'));
  if (end === undefined) return unplayed('invited', x, [ref]);
  return unplayed(end.by === x ? 'withdrawn' : 'declined', x, [ref, end.ref]);
}

/** At the same moment X comes first, and what one author says is in the order of its words: the same order for all. */
function compareSaid(one: Said, other: Said, x: Player): number {
  if (one.order !== other.order) return one.order - other.order;
  const isX = Number(other.by === x) - Number(one.by === x);
  return isX || compareWords(wordsOf(one), wordsOf(other));
}

function compareWords(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function wordsOf({ action }: Said): string {
  return action.type === 'move' ? `move ${formatMoves(action.moves)}` : action.type;
}

/** Why somebody may not do something now, as a sentence for that person; `undefined` when it is allowed. */
export function refusalOf(game: Game, by: Player, action: GameAction): string | undefined {
  const { state, players, turn } = game;
  const isPlayer = by === players.X || by === players.O;
  if (state !== 'invited' && state !== 'playing') {
    return state === 'void' ? 'there is no such game' : 'the game is over';
  }
  switch (action.type) {
    case 'invite':
      return 'the game has begun already';
    case 'accept':
    case 'decline':
      if (state === 'playing') return 'the game has begun already';
      return isPlayer ? 'nobody plays with himself' : undefined;
    case 'resign':
      return isPlayer ? undefined : 'you do not play in this game';
    case 'move':
      if (!isPlayer) return 'you do not play in this game';
      if (turn === undefined) return 'nobody has accepted yet';
      if (players[turn] !== by) return 'it is not your turn';
      return isNext(game.moves, action.moves) ? undefined : 'that cell can’t be taken';
  }
}

/** Whether moves are these, and one more. */
function isNext(before: readonly Cell[], moves: readonly Cell[]): boolean {
  return moves.length === before.length + 1 && formatMoves(moves).startsWith(formatMoves(before));
}

/** The first of those who did not accept: nobody takes over a game that he was invited to. */
function findInvitation(said: readonly Said[]): Said | undefined {
  const accepting = new Set(
    said.flatMap(({ by, action }) => (action.type === 'accept' ? [by] : [])),
  );
  const invitations = said
    .filter(({ by, action }) => action.type === 'invite' && !accepting.has(by))
    .sort((one, other) => one.order - other.order);
  const [first] = invitations;
  // Two who begin the same game at the same moment mean no good.
  const isDoubtful = invitations.some(({ by, order }) => order === first?.order && by !== first.by);
  return isDoubtful ? undefined : first;
}

/** The first who accepted and had not declined. */
function findAcceptance(said: readonly Said[], x: Player): Said | undefined {
  const declined = new Set<Player>();
  for (const one of said) {
    if (one.by === x) continue;
    if (one.action.type === 'decline') declined.add(one.by);
    if (one.action.type === 'accept' && !declined.has(one.by)) return one;
  }
  return undefined;
}

function unplayed(state: GameState, x: Player | undefined, counted: readonly number[]): Game {
  return {
    ...{ state, players: { X: x, O: undefined }, moves: [], counted },
    ...{ turn: undefined, winner: undefined, line: [] },
  };
}

function played(said: readonly Said[], x: Player, o: Player, opening: readonly number[]): Game {
  const players = { X: x, O: o };
  const resignation = said.find(
    ({ by, action }) => action.type === 'resign' && (by === x || by === o),
  );
  const made = longestGame(movesAmong(said), players, []);
  const moves = made.map(({ cell }) => cell);
  const counted = [...opening, ...made.flatMap(({ ref }) => ref ?? [])];
  const turn = sideAfter(moves.length);
  const line = winningRow(moves);
  const over = { players, moves, turn: undefined, counted };
  if (line !== undefined)
    return { ...over, state: 'won', winner: sideAfter(moves.length - 1), line };
  if (moves.length === CELLS.length)
    return { ...over, state: 'drawn', winner: undefined, line: [] };
  if (resignation !== undefined) {
    const winner = resignation.by === x ? 'O' : 'X';
    const all = [...counted, resignation.ref];
    return { ...over, state: 'resigned', winner, line: [], counted: all };
  }
  return { state: 'playing', players, moves, turn, winner: undefined, line: [], counted };
}

/** All moves that were said; whoever has given up moves no more. */
function movesAmong(said: readonly Said[]): readonly Move[] {
  const gone = new Set<Player>();
  return said.flatMap(({ by, action, ref }) => {
    if (action.type === 'resign') gone.add(by);
    if (action.type !== 'move' || gone.has(by)) return [];
    return [{ by, ref, moves: action.moves, text: formatMoves(action.moves) }];
  });
}

/**
 * The longest game that both players said move by move. Where one said two different moves, the other's answer decides;
 * until then the first counts.
 */
function longestGame(
  said: readonly Move[],
  players: Readonly<Record<Side, Player>>,
  before: readonly Made[],
): readonly Made[] {
  if (winningRow(before.map(({ cell }) => cell)) !== undefined) return before;
  const prefix = formatMoves(before.map(({ cell }) => cell));
  const by = players[sideAfter(before.length)];
  // Whoever names a move of his own in a later one has said it, too: messages may have been deleted here.
  const following = said.filter((one) => one.by === by && isBeyond(one, prefix));
  let longest = before;
  for (const cell of new Set(following.map(({ moves }) => moves[before.length]))) {
    if (cell === undefined) continue;
    const made = following.find(({ text }) => text === `${prefix}${cell}`);
    const game = longestGame(said, players, [...before, { cell, ref: made?.ref }]);
    if (game.length > longest.length) longest = game;
  }
  return longest;
}

function isBeyond({ text }: Move, prefix: string): boolean {
  return text.length > prefix.length && text.startsWith(prefix);
}
