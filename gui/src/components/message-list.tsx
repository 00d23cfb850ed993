import { useCallback, useMemo } from 'preact/hooks';
import { firstUnread, leadOf, rowKey, toRows, type LogRow } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import { previewText } from '../text/invitation.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { LogRowView, type RowActions } from './log-row-view.tsx';
import type { Selection } from './message-choice.tsx';
import { indexOfSaid, useGameFolds } from './use-game-folds.ts';
import { useAnnouncement } from './use-log-effects.ts';
import { WindowedLog } from './windowed-log.tsx';

type Props = Readonly<{
  log: MessageLog;
  pending: readonly OutboxItem[];
  name: string;
  /** `s` of the last message that was read before the conversation was opened. */
  readUpTo: number | undefined;
  hasUnread: boolean;
  /** The message to show, instead of the newest. */
  targetId: string | undefined;
  /** The contact does not encrypt. */
  isContactPlain: boolean;
  now: number;
  nameOf: NameOf;
  actions: RowActions;
  /** While messages are chosen. */
  selection: Selection | undefined;
  /** The owner has seen everything up to this message. */
  onSeen: (s: number) => void;
}>;

/** The messages of a conversation; of 100,000 only those in sight are drawn. */
export function MessageList(props: Props) {
  const { log, pending, name, targetId, selection } = props;
  const words = useWords();
  const { t, time } = words;
  const { rows, keyOf, unreadIndex, targetIndex } = useRows(props);
  const newest = log.messages.value.at(-1);
  const announced = useAnnouncement(newest?.s, () =>
    newest?.direction === 'in'
      ? t('conversation.newMessage', { name, text: previewText(newest.message, words, 'in') })
      : undefined,
  );
  return (
    <WindowedLog
      stretch={log}
      count={rows.length}
      label={t('conversation.log', { name })}
      start={t('conversation.start', { name })}
      {...{ keyOf, targetId, targetIndex, unreadIndex }}
      hasUnread={props.hasUnread}
      newest={newest?.s}
      newestPendingId={pending.at(-1)?.id}
      isClosed={selection !== undefined}
      announced={announced}
      onSeen={props.onSeen}
      renderRow={(index, place) => (
        <LogRowView
          {...{ targetId, selection, place }}
          row={rows[index]}
          lead={leadOf(rows, index, unreadIndex, time)}
          isContactPlain={props.isContactPlain}
          now={props.now}
          nameOf={props.nameOf}
          actions={props.actions}
        />
      )}
    />
  );
}

function useRows({ log, pending, readUpTo, targetId, actions }: Props) {
  const messages = log.messages.value;
  const { folds, signature } = useGameFolds(
    messages.map(({ s, message }) => ({ ref: s, text: message })),
    actions.stored.games.isIdle,
  );
  const rows = useMemo(() => toRows(messages, pending, folds), [messages, pending, signature]);
  const keyOf = useCallback((index: number) => keyAt(rows, index), [rows]);
  const unreadIndex = useMemo(() => firstUnread(rows, readUpTo), [rows, readUpTo]);
  const target = messages.find(({ id }) => id === targetId)?.s;
  const targetIndex = useMemo(() => indexOfSaid(rows, target, folds, saidOf), [rows, target]);
  return { rows, keyOf, unreadIndex, targetIndex };
}

function keyAt(rows: readonly LogRow[], index: number): string {
  const row = rows[index];
  return row === undefined ? `${index}` : rowKey(row);
}

function saidOf(row: LogRow) {
  return row.type === 'stored' ? { ref: row.message.s, game: row.game } : undefined;
}
