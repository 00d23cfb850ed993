/** The rows of a conversation: stored messages and, behind them, those that our daemon does not have yet. */
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { placeAt } from '../text/message.ts';
import type { TimeText } from '../text/time.ts';
import type { GameFold } from './game-rows.ts';
import type { OutboxItem } from './outbox-store.ts';

/** Messages of one author within this time belong together. */
const TOGETHER_MS = 5 * 60_000;

/** `game`: what the message is to its game; `missing`: messages of the contact that belong before it and have not come. */
export type StoredRow = Readonly<{
  type: 'stored';
  message: ApiMessage;
  game: GameFold | undefined;
  missing: number;
}>;
export type LogRow = StoredRow | Readonly<{ type: 'pending'; item: OutboxItem }>;

/** What is drawn above a row. */
export type RowLead = Readonly<{
  /** The row begins a day; the instant to name it by. */
  dayAt: number | undefined;
  /** The unread messages begin here. */
  isFirstUnread: boolean;
  /** So many messages of the contact have not come that belong right before this one. */
  missing: number;
  isContinued: boolean;
}>;

const NO_GAMES: ReadonlyMap<number, GameFold> = new Map();

const NO_LEAD: RowLead = {
  dayAt: undefined,
  isFirstUnread: false,
  missing: 0,
  isContinued: false,
};

/** @param games What becomes of messages of games, by their `s`. */
export function toRows(
  messages: readonly ApiMessage[],
  pending: readonly OutboxItem[],
  games: ReadonlyMap<number, GameFold> = NO_GAMES,
): readonly LogRow[] {
  // A message is stored before its confirmation reaches us; it must not stand there twice.
  const newest = new Set(messages.slice(-100).map(({ id }) => id));
  return [
    ...storedRows(messages, games),
    ...pending
      .filter(({ id }) => !newest.has(id))
      .map((item): LogRow => ({ type: 'pending', item })),
  ];
}

function storedRows(
  messages: readonly ApiMessage[],
  games: ReadonlyMap<number, GameFold>,
): readonly StoredRow[] {
  const rows: StoredRow[] = [];
  let missing = 0;
  for (const message of messages) {
    missing += message.missing_before;
    const game = games.get(message.s);
    if (game?.place === 'folded') continue;
    rows.push({ type: 'stored', message, game, missing });
    missing = 0;
  }
  return rows;
}

/** A row's name; the same before and after the daemon has taken the message, and of a game whoever moved last. */
export function rowKey(row: LogRow): string {
  if (row.type === 'stored' && row.game?.place === 'board') return `game ${row.game.id}`;
  return row.type === 'pending'
    ? `out ${row.item.id}`
    : `${row.message.direction} ${row.message.id}`;
}

/**
 * What stands above the row at `index`.
 *
 * @param unreadIndex Index of the first unread row, -1 for none.
 */
export function leadOf(
  rows: readonly LogRow[],
  index: number,
  unreadIndex: number,
  time: Pick<TimeText, 'dayNumber'>,
): RowLead {
  const row = rows[index];
  const before = rows[index - 1];
  if (row === undefined) return NO_LEAD;
  const at = rowAt(row);
  const beforeAt = before === undefined ? undefined : rowAt(before);
  const isNewDay = beforeAt === undefined || time.dayNumber(beforeAt) !== time.dayNumber(at);
  const isFirstUnread = index === unreadIndex;
  const missing = row.type === 'stored' ? row.missing : 0;
  const isContinued =
    before !== undefined &&
    !isNewDay &&
    !isFirstUnread &&
    missing === 0 &&
    directionOf(before) === directionOf(row) &&
    at - rowAt(before) < TOGETHER_MS;
  return { dayAt: isNewDay ? at : undefined, isFirstUnread, missing, isContinued };
}

/**
 * How many messages are missing behind the newest one: the contact has spoken of them, and nothing of them came.
 *
 * @param messages All of the conversation; of a part of it one can't tell, since the others may be missing further up.
 * @param missing  How many are missing in the whole conversation.
 */
export function missingAtEnd(messages: readonly ApiMessage[], missing: number): number {
  const before = messages.reduce((sum, message) => sum + message.missing_before, 0);
  return Math.max(0, missing - before);
}

/**
 * Index of the first unread row, -1 when all is read.
 *
 * @param readUpTo `s` of the last message that was read when the conversation was opened; `undefined` for no divider.
 */
export function firstUnread(rows: readonly LogRow[], readUpTo: number | undefined): number {
  return rows.findIndex((row) => isUnread(row, readUpTo));
}

function isUnread(row: LogRow, readUpTo: number | undefined): boolean {
  return (
    readUpTo !== undefined &&
    row.type === 'stored' &&
    row.message.direction === 'in' &&
    row.message.s > readUpTo
  );
}

function rowAt(row: LogRow): number {
  return row.type === 'pending' ? row.item.at : placeAt(row.message);
}

function directionOf(row: LogRow): 'in' | 'out' {
  return row.type === 'pending' ? 'out' : row.message.direction;
}
