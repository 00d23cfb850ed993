import { useCallback, useMemo } from 'preact/hooks';
import { firstUnread, leadOf, rowKey, toRows, type LogRow } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import { previewText } from '../text/invitation.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { LogRowView, type RowActions } from './log-row-view.tsx';
import type { Selection } from './message-choice.tsx';
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
      ? t('conversation.newMessage', { name, text: previewText(newest.message, words) })
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
          {...{ targetId, selection }}
          {...place}
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

function useRows({ log, pending, readUpTo, targetId }: Props) {
  const messages = log.messages.value;
  const rows = useMemo(() => toRows(messages, pending), [messages, pending]);
  const keyOf = useCallback((index: number) => keyAt(rows, index), [rows]);
  const unreadIndex = useMemo(() => firstUnread(rows, readUpTo), [rows, readUpTo]);
  const targetIndex = useMemo(() => indexOfId(rows, targetId), [rows, targetId]);
  return { rows, keyOf, unreadIndex, targetIndex };
}

function keyAt(rows: readonly LogRow[], index: number): string {
  const row = rows[index];
  return row === undefined ? `${index}` : rowKey(row);
}

function indexOfId(rows: readonly LogRow[], id: string | undefined): number {
  if (id === undefined) return -1;
  return rows.findIndex((row) => row.type === 'stored' && row.message.id === id);
}
