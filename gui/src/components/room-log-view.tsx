import { useCallback, useMemo } from 'preact/hooks';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import type { RoomLog } from '../stores/room-log.ts';
import {
  firstUnreadRow,
  roomLeadOf,
  roomRowKey,
  toRoomRows,
  type RoomRow,
} from '../stores/room-rows.ts';
import { roomRefusalText } from '../text/failure.ts';
import { previewText } from '../text/invitation.ts';
import { personOf, type People } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import type { GamesHere } from './game-in-log.tsx';
import { LogLead } from './log-lead.tsx';
import { PendingBubble, type PendingActions } from './pending-bubble.tsx';
import { RoomBubble } from './room-bubble.tsx';
import { nameOfUser, RoomComings } from './room-comings.tsx';
import { indexOfSaid, useGameFolds } from './use-game-folds.ts';
import { useAnnouncement } from './use-log-effects.ts';
import { WaitingBubble, type WaitingActions } from './waiting-bubble.tsx';
import { WindowedLog, type RowPlace } from './windowed-log.tsx';

export type RoomRowActions = Readonly<{ waiting: WaitingActions; pending: PendingActions }>;

type Props = Readonly<{
  room: ApiRoom;
  name: string;
  /** What the host is called. */
  host: string;
  log: RoomLog;
  pending: readonly OutboxItem<string>[];
  /** Number of the last event that was read before the room was opened. */
  readUpTo: number | undefined;
  /** Number of the event to show, instead of the newest. */
  target: number | undefined;
  now: number;
  people: People;
  actions: RoomRowActions;
  games: GamesHere;
  /** The owner has seen everything up to this event. */
  onSeen: (seqnr: number) => void;
}>;

/** What was said in a room, and who came and went; only what is in sight is drawn. */
export function RoomLogView(props: Props) {
  const { room, name, log, pending, target, people } = props;
  const words = useWords();
  const { t } = words;
  const { rows, keyOf, unreadIndex, targetIndex } = useRows(props);
  const newest = log.events.value.at(-1);
  const announced = useAnnouncement(newest?.seqnr, () =>
    newest?.type !== 'MSG' || newest.origin === 'owner'
      ? undefined
      : t('conversation.newMessage', {
          name: personOf(newest.from, newest.origin, people).name,
          text: previewText(newest.message, words),
        }),
  );
  return (
    <WindowedLog
      stretch={log}
      count={rows.length}
      label={t('room.log', { name })}
      start={t('room.start', { name })}
      targetId={target === undefined ? undefined : `${target}`}
      {...{ keyOf, targetIndex, unreadIndex, announced }}
      hasUnread={room.unread > 0}
      newest={newest?.seqnr}
      newestPendingId={pending.at(-1)?.id}
      onSeen={props.onSeen}
      renderRow={(index, place) => <RoomRowView {...{ props, rows, index, unreadIndex, place }} />}
    />
  );
}

function useRows({ room, log, pending, readUpTo, target, games }: Props) {
  const { time } = useWords();
  const events = log.events.value;
  const hasOlder = log.hasOlder.value;
  const waiting = room.sync?.waiting;
  const { folds, signature } = useGameFolds(
    events.flatMap((event) =>
      event.type === 'MSG' ? { ref: event.seqnr, text: event.message } : [],
    ),
    games.isIdle,
  );
  const rows = useMemo(
    () => toRoomRows({ events, hasOlder, waiting: waiting ?? [], pending, games: folds }, time),
    [events, hasOlder, waiting, pending, time, signature],
  );
  const keyOf = useCallback(
    (index: number) => {
      const row = rows[index];
      return row === undefined ? `${index}` : roomRowKey(row);
    },
    [rows],
  );
  const unreadIndex = useMemo(() => firstUnreadRow(rows, readUpTo), [rows, readUpTo]);
  const targetIndex = useMemo(() => indexOfSaid(rows, target, folds, saidOf), [rows, target]);
  return { rows, keyOf, unreadIndex, targetIndex };
}

function saidOf(row: RoomRow) {
  return row.type === 'said' ? { ref: row.event.seqnr, game: row.game } : undefined;
}

type RowProps = Readonly<{
  props: Props;
  rows: readonly RoomRow[];
  index: number;
  unreadIndex: number;
  place: RowPlace;
}>;

/** A row, and what stands above it. */
function RoomRowView({ props, rows, index, unreadIndex, place }: RowProps) {
  const { time } = useWords();
  const row = rows[index];
  // For a moment the list still draws rows that are gone.
  if (row === undefined) return null;
  const lead = roomLeadOf(rows, index, unreadIndex, time);
  return (
    <>
      <LogLead lead={{ ...lead, missing: 0 }} now={props.now} />
      <RowBody {...{ props, row, place }} isContinued={lead.isContinued} />
    </>
  );
}

type BodyProps = Pick<RowProps, 'props' | 'place'> &
  Readonly<{ row: RoomRow; isContinued: boolean }>;

function RowBody({ props, row, place, isContinued }: BodyProps) {
  const { room, host, now, people, target, actions, games } = props;
  switch (row.type) {
    case 'said':
      return (
        <RoomBubble
          {...{ isContinued, place, now, people, games }}
          event={row.event}
          game={row.game}
          isMarked={row.event.seqnr === target}
        />
      );
    case 'comings':
      return (
        <RoomComings
          comings={row.comings}
          place={place}
          nameOfUser={(user) => nameOfUser(user, people)}
        />
      );
    case 'waiting':
      return (
        <WaitingBubble
          {...{ host, place, now }}
          message={row.message}
          isHostAway={room.sync?.away ?? false}
          actions={actions.waiting}
        />
      );
    case 'pending':
      return (
        <PendingBubble
          item={row.item}
          refusalOf={roomRefusalText}
          {...{ place, now }}
          actions={actions.pending}
        />
      );
  }
}
