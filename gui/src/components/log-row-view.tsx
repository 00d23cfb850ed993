import type { RowLead, LogRow } from '../stores/log-rows.ts';
import type { NameOf } from '../text/message.ts';
import { LogLead } from './log-lead.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { MessageChoice, type Selection } from './message-choice.tsx';
import type { MessageActions } from './message-card.tsx';
import { PendingBubble, type PendingActions } from './pending-bubble.tsx';
import type { RowPlace } from './windowed-log.tsx';

export type RowActions = Readonly<{ stored: MessageActions; pending: PendingActions }>;

type Props = Readonly<{
  /** `undefined` for the moment in which the list still draws rows that are gone. */
  row: LogRow | undefined;
  lead: RowLead;
  place: RowPlace;
  /** The message that the browser's address names. */
  targetId: string | undefined;
  isContactPlain: boolean;
  /** While messages are chosen. */
  selection: Selection | undefined;
  now: number;
  nameOf: NameOf;
  actions: RowActions;
}>;

/** A row of the log: what stands above it, and the message. */
export function LogRowView(props: Props) {
  const { row, lead, place, targetId, isContactPlain, selection, now, nameOf, actions } = props;
  if (row === undefined) return null;
  return (
    <>
      <LogLead lead={lead} now={now} />
      {row.type === 'pending' ? (
        <PendingBubble item={row.item} {...{ place, now }} actions={actions.pending} />
      ) : (
        <MessageChoice message={row.message} selection={selection}>
          <MessageBubble
            message={row.message}
            game={row.game}
            isContinued={lead.isContinued}
            isMarked={row.message.id === targetId}
            {...{ isContactPlain, now, nameOf }}
            actions={actions.stored}
            // While messages are chosen, that is what the Enter key does.
            place={
              selection === undefined
                ? place
                : { ...place, onToggle: () => selection.onToggle(row.message) }
            }
          />
        </MessageChoice>
      )}
    </>
  );
}
