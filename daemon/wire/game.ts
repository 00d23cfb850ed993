/**
 * Tic-tac-toe between people: words in a conversation or a room, `vestnik-game:tic-tac-toe/<id>/<action>`, and the topic
 * on which a daemon shows its owner the board.
 *
 * Source: docs/games.md. A program that knows nothing of it shows the words, and a person can type an answer.
 */

/** UTF-16 units of a whole message; longer ones are no part of a game. */
export const GAME_TEXT_MAX_LENGTH = 400;
/** Topics of games: `game/<address or room>/<id>`, of type `dict`. */
export const GAME_TOPIC_PREFIX = 'game/';
/** The service that begins a game: `{"place": address or room}` is answered with `{"id", "topic"}`. */
export const GAME_SERVICE = 'game/tic-tac-toe';

const TEXT_PREFIX = 'vestnik-game:tic-tac-toe/';
/** Lower-case letters and digits, so that an id is one word to a search. */
const GAME_ID = /^[0-9a-z]{8,32}$/;

/** Three rows of three, counted in reading order. */
export const CELLS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
export type Cell = (typeof CELLS)[number];
const ROWS: readonly (readonly [Cell, Cell, Cell])[] = [
  ...([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ] as const),
  ...([
    [1, 4, 7],
    [2, 5, 8],
    [3, 6, 9],
  ] as const),
  ...([
    [1, 5, 9],
    [3, 5, 7],
  ] as const),
];
/** X invites and moves first. */
export type Side = 'X' | 'O';

/** What somebody does in a game. `moves`: all cells so far, its own the last. */
export type GameAction =
  | Readonly<{ type: 'invite' | 'accept' | 'decline' | 'resign' }>
  | Readonly<{ type: 'move'; moves: readonly Cell[] }>;

/** A message that is part of a game. */
export type GameText = Readonly<{ id: string; action: GameAction }>;

/**
 * How a game stands: `withdrawn` – by who invited, before anybody accepted; `resigned` – one gave up; `void` – what was
 * said makes no game.
 */
export type GameState =
  'invited' | 'playing' | 'won' | 'drawn' | 'resigned' | 'declined' | 'withdrawn' | 'void';

/** The value of a game's topic. */
export type GameView = Readonly<{
  game: 'tic-tac-toe';
  state: GameState;
  /** Cells in the order in which they were taken, `"519"`; X took the first. */
  moves: string;
  /** Whose turn it is; null when it is over, or has not begun. */
  turn: Side | null;
  winner: Side | null;
  /** The three cells that won, `"159"`; empty without any. */
  line: string;
  /** Which side the owner of this daemon plays; null for whoever looks on. */
  you: Side | null;
  /** Who plays: `""` for the owner of this daemon, else an address or a user of the room; null while nobody does. */
  x: string | null;
  o: string | null;
  /** Numbers of the messages that the game is made of, `s` or `seqnr`, in no particular order; the others changed nothing. */
  counted: readonly number[];
}>;

/** What a message says in a game; `undefined` for everything else, however near it comes. */
export function parseGameText(text: string): GameText | undefined {
  if (!text.startsWith(TEXT_PREFIX) || text.length > GAME_TEXT_MAX_LENGTH) return undefined;
  const [line = ''] = text.slice(TEXT_PREFIX.length).split('\n', 1);
  const [id = '', word = '', cells, ...rest] = line.split('/');
  if (!GAME_ID.test(id) || rest.length > 0) return undefined;
  const action = parseAction(word, cells);
  return action === undefined ? undefined : { id, action };
}

function parseAction(word: string, cells: string | undefined): GameAction | undefined {
  switch (word) {
    case 'invite':
    case 'accept':
    case 'decline':
    case 'resign':
      return cells === undefined ? { type: word } : undefined;
    case 'move': {
      const moves = parseMoves(cells ?? '');
      return moves === undefined || moves.length === 0 ? undefined : { type: word, moves };
    }
    default:
      return undefined;
  }
}

/**
 * The text that says something in a game.
 *
 * @param comment What stands below, for people whose programs do not know games.
 */
export function formatGameText({ id, action }: GameText, comment = ''): string {
  const moves = action.type === 'move' ? `/${formatMoves(action.moves)}` : '';
  const line = `${TEXT_PREFIX}${id}/${action.type}${moves}`;
  return comment === '' ? line : `${line}\n${comment}`;
}

/** Cells out of `"519"`, each at most once; `undefined` when it is anything else. */
export function parseMoves(text: string): readonly Cell[] | undefined {
  const cells = Array.from(text, (digit) => CELLS.find((cell) => String(cell) === digit));
  const known = cells.filter((cell) => cell !== undefined);
  return known.length === cells.length && new Set(known).size === known.length ? known : undefined;
}

export function formatMoves(moves: readonly Cell[]): string {
  return moves.join('');
}

/** Whose move follows so many. */
export function sideAfter(count: number): Side {
  return count % 2 === 0 ? 'X' : 'O';
}

/** The row of three that one side has filled. */
export function winningRow(moves: readonly Cell[]): readonly Cell[] | undefined {
  const sides = new Map(moves.map((cell, index) => [cell, sideAfter(index)]));
  return ROWS.find(([first, second, third]) => {
    const side = sides.get(first);
    return side !== undefined && side === sides.get(second) && side === sides.get(third);
  });
}

/** The board in three lines, for people who see no other. */
export function drawBoard(moves: readonly Cell[]): string {
  const marks = CELLS.map((cell) => (moves.includes(cell) ? sideAfter(moves.indexOf(cell)) : '·'));
  return [0, 3, 6].map((row) => marks.slice(row, row + 3).join(' ')).join('\n');
}

/** Whether this may be the id of a game. */
export function isGameId(text: string): boolean {
  return GAME_ID.test(text);
}

/** Where a topic's game is played, and which one it is; `undefined` for a topic that is none. */
export function parseGameTopic(name: string): Readonly<{ place: string; id: string }> | undefined {
  if (!name.startsWith(GAME_TOPIC_PREFIX)) return undefined;
  const end = name.lastIndexOf('/');
  const place = name.slice(GAME_TOPIC_PREFIX.length, end);
  const id = name.slice(end + 1);
  return place === '' || !isGameId(id) ? undefined : { place, id };
}

/** @param place An address, or what a room is called here. */
export function formatGameTopic(place: string, id: string): string {
  return `${GAME_TOPIC_PREFIX}${place}/${id}`;
}
