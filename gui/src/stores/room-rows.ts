/** The rows of a room: what was said, who came and went in between, and behind it what its host does not have yet. */
import type {
  ApiRoomDirectory,
  ApiRoomEvent,
  ApiRoomMessage,
  ApiWaitingRoomMessage,
} from '../../../daemon/wire/rooms-api.ts';
import type { TimeText } from '../text/time.ts';
import type { GameFold } from './game-rows.ts';
import type { OutboxItem } from './outbox-store.ts';

/** Messages of one author within this time belong together. */
const TOGETHER_MS = 5 * 60_000;
/** A message is an event before we hear that it does not wait any more; so many of the newest are looked at. */
const RECENT_EVENTS = 100;

/** Who came and who went, from one message to the next. */
export type Comings = Readonly<{
  came: readonly string[];
  left: readonly string[];
  /** Came and went again, or went and came back. */
  passed: readonly string[];
  /** All who are there; `undefined` unless nobody knows who was before. */
  present: readonly string[] | undefined;
}>;

export type RoomRow = Readonly<
  | { type: 'said'; event: ApiRoomMessage; game: GameFold | undefined }
  | { type: 'comings'; seqnr: number; at: number; comings: Comings }
  | { type: 'waiting'; message: ApiWaitingRoomMessage }
  | { type: 'pending'; item: OutboxItem<string> }
>;

/** What is drawn above a row. */
export type RoomLead = Readonly<{
  /** The row begins a day; the instant to name it by. */
  dayAt: number | undefined;
  /** The unread messages begin here. */
  isFirstUnread: boolean;
  /** The one before is by the same author and of the same moment. */
  isContinued: boolean;
}>;

export type RoomSources = Readonly<{
  events: readonly ApiRoomEvent[];
  /** There are events before the first of these. */
  hasOlder: boolean;
  waiting: readonly ApiWaitingRoomMessage[];
  pending: readonly OutboxItem<string>[];
  /** What becomes of messages of games, by their `seqnr`. */
  games: ReadonlyMap<number, GameFold>;
}>;

/** All rows, the oldest first. Directories that follow each other on one day become one row. */
export function toRoomRows(
  { events, hasOlder, waiting, pending, games }: RoomSources,
  time: Pick<TimeText, 'dayNumber'>,
): readonly RoomRow[] {
  const told = new Set(events.slice(-RECENT_EVENTS).map(({ id }) => id));
  const queued = waiting.filter(({ id }) => !told.has(id));
  for (const { id } of queued) told.add(id);
  return [
    ...eventRows(events, hasOlder, time).flatMap((row) => withFold(row, games)),
    ...queued.map((message): RoomRow => ({ type: 'waiting', message })),
    ...pending
      .filter(({ id }) => !told.has(id))
      .map((item): RoomRow => ({ type: 'pending', item })),
  ];
}

/** The row with its place in a game; none where it is folded into the board. */
function withFold(row: RoomRow, games: ReadonlyMap<number, GameFold>): readonly RoomRow[] {
  const game = row.type === 'said' ? games.get(row.event.seqnr) : undefined;
  if (row.type !== 'said' || game === undefined) return [row];
  return game.place === 'folded' ? [] : [{ ...row, game }];
}

/** A row's name; of a message the same before and after anybody has taken it. */
export function roomRowKey(row: RoomRow): string {
  switch (row.type) {
    case 'said':
      if (row.game?.place === 'board') return `game ${row.game.id}`;
      return row.event.origin === 'owner' ? `own ${row.event.id}` : `event ${row.event.seqnr}`;
    case 'comings':
      return `event ${row.seqnr}`;
    case 'waiting':
      return `own ${row.message.id}`;
    case 'pending':
      return `own ${row.item.id}`;
  }
}

/**
 * What stands above the row at `index`.
 *
 * @param unreadIndex Index of the first unread row, -1 for none.
 */
export function roomLeadOf(
  rows: readonly RoomRow[],
  index: number,
  unreadIndex: number,
  time: Pick<TimeText, 'dayNumber'>,
): RoomLead {
  const row = rows[index];
  const before = rows[index - 1];
  const isFirstUnread = index === unreadIndex;
  if (row === undefined) return { dayAt: undefined, isFirstUnread, isContinued: false };
  const at = roomRowAt(row);
  const isNewDay = before === undefined || time.dayNumber(roomRowAt(before)) !== time.dayNumber(at);
  const isContinued =
    before !== undefined &&
    !isNewDay &&
    !isFirstUnread &&
    authorOf(row) !== undefined &&
    authorOf(before) === authorOf(row) &&
    at - roomRowAt(before) < TOGETHER_MS;
  return { dayAt: isNewDay ? at : undefined, isFirstUnread, isContinued };
}

/**
 * Index of the first unread row, -1 when all is read.
 *
 * @param readUpTo Number of the last event that was read when the room was opened; `undefined` for no divider.
 */
export function firstUnreadRow(rows: readonly RoomRow[], readUpTo: number | undefined): number {
  if (readUpTo === undefined) return -1;
  return rows.findIndex(
    (row) => row.type === 'said' && row.event.origin !== 'owner' && row.event.seqnr > readUpTo,
  );
}

/**
 * Who came and who went while some directories followed each other.
 *
 * @param before Who was there before; `undefined` if nobody knows.
 */
export function comingsOf(
  before: readonly string[] | undefined,
  directories: readonly ApiRoomDirectory[],
): Comings {
  const after = directories.at(-1)?.users ?? [];
  if (before === undefined) return { came: [], left: [], passed: [], present: after };
  const [first, last] = [new Set(before), new Set(after)];
  /** In how many of the directories somebody is. */
  const counts = new Map<string, number>();
  for (const user of directories.flatMap(({ users }) => users)) {
    counts.set(user, (counts.get(user) ?? 0) + 1);
  }
  const isSteady = (user: string) => counts.get(user) === directories.length;
  return {
    came: after.filter((user) => !first.has(user)),
    left: before.filter((user) => !last.has(user)),
    passed: [
      ...before.filter((user) => last.has(user) && !isSteady(user)),
      ...[...counts.keys()].filter((user) => !first.has(user) && !last.has(user)),
    ],
    present: undefined,
  };
}

function eventRows(
  events: readonly ApiRoomEvent[],
  hasOlder: boolean,
  time: Pick<TimeText, 'dayNumber'>,
): readonly RoomRow[] {
  const rows: RoomRow[] = [];
  let known: readonly string[] | undefined = hasOlder ? undefined : [];
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    if (event?.type === 'MSG') rows.push({ type: 'said', event, game: undefined });
    if (event?.type !== 'DIR') continue;
    const together = directoriesFrom(events, index, time);
    const comings = comingsOf(known, together);
    index += together.length - 1;
    known = together.at(-1)?.users;
    const { seqnr, timestamp } = event;
    if (isWorthTelling(comings)) {
      rows.push({ type: 'comings', seqnr, at: Date.parse(timestamp), comings });
    }
  }
  return rows;
}

/** The directories from a place on that nothing was said in between, and that are of one day. */
function directoriesFrom(
  events: readonly ApiRoomEvent[],
  start: number,
  time: Pick<TimeText, 'dayNumber'>,
): readonly ApiRoomDirectory[] {
  const together: ApiRoomDirectory[] = [];
  const dayOf = ({ timestamp }: ApiRoomEvent) => time.dayNumber(Date.parse(timestamp));
  for (let index = start; index < events.length; index++) {
    const event = events[index];
    const [first] = together;
    if (event?.type !== 'DIR' || (first !== undefined && dayOf(first) !== dayOf(event))) break;
    together.push(event);
  }
  return together;
}

function isWorthTelling({ came, left, passed, present }: Comings): boolean {
  return came.length + left.length + passed.length > 0 || present !== undefined;
}

function roomRowAt(row: RoomRow): number {
  switch (row.type) {
    case 'said':
      return Date.parse(row.event.timestamp);
    case 'comings':
      return row.at;
    case 'waiting':
      return Date.parse(row.message.timestamp);
    case 'pending':
      return row.item.at;
  }
}

/** Who is heard in a row; our own name may change, we do not. */
function authorOf(row: RoomRow): string | undefined {
  switch (row.type) {
    case 'said':
      return row.event.origin === 'owner' ? 'owner' : `${row.event.origin} ${row.event.from}`;
    case 'comings':
      return undefined;
    case 'waiting':
    case 'pending':
      return 'owner';
  }
}
