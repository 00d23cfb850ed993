import type { ApiWaitingRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { previewText } from '../text/invitation.ts';
import { refusalText } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { Bubble, BubbleFoot } from './bubble.tsx';
import { Icon } from './icon.tsx';
import { MessageText } from './message-text.tsx';
import type { RowPlace } from './windowed-log.tsx';

export type WaitingActions = Readonly<{
  onTakeBack: (message: ApiWaitingRoomMessage) => void;
  /** Says it again, when the host did not take it. */
  onRetry: (message: ApiWaitingRoomMessage) => void;
  /** Puts the text back into the field. */
  onEdit: (message: ApiWaitingRoomMessage) => void;
}>;

type Props = Readonly<{
  message: ApiWaitingRoomMessage;
  /** What the host is called. */
  host: string;
  isHostAway: boolean;
  place: RowPlace;
  now: number;
  actions: WaitingActions;
}>;

/** A message that the room's host does not have yet, or did not take. */
export function WaitingBubble({ message, host, isHostAway, place, now, actions }: Props) {
  const words = useWords();
  const { t, time } = words;
  const text = previewText(message.message, words);
  const isRefused = message.state === 'refused';
  const at = Date.parse(message.timestamp);
  const state = isRefused ? 'refused' : isHostAway ? 'away' : 'waiting';
  const stateText = t(`room.state.${state}`, { name: host });
  const label = t('message.labelState', {
    name: t('message.you'),
    when: time.moment(at, now),
    text,
    state: stateText,
  });
  return (
    <Bubble
      id={message.id}
      looks={['is-own', isRefused && 'is-failed']}
      {...{ label, place }}
      onEnter={place.onToggle}
      card={
        place.isOpen &&
        !isRefused && (
          <div class="message-card">
            <p>{stateText}</p>
            <div class="actions">
              <button type="button" class="button" onClick={() => actions.onTakeBack(message)}>
                {t('room.takeBack')}
              </button>
            </div>
          </div>
        )
      }
    >
      <MessageText text={text} />
      <BubbleFoot place={place} title={stateText}>
        <time dateTime={message.timestamp}>{time.clock(at)}</time>
        <span class="message-state">
          <Icon name={isRefused ? 'failed' : 'clock'} />
          <span class="visually-hidden">{stateText}</span>
        </span>
      </BubbleFoot>
      {isRefused && <Refused message={message} actions={actions} />}
    </Bubble>
  );
}

function Refused({ message, actions }: Pick<Props, 'message' | 'actions'>) {
  const words = useWords();
  const { t } = words;
  return (
    <div class="message-failure">
      <p>
        {t('room.notTaken')} {refusalText(message, words)}
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={() => actions.onRetry(message)}>
          {t('message.retry')}
        </button>
        <button type="button" class="button" onClick={() => actions.onEdit(message)}>
          {t('message.edit')}
        </button>
        <button
          type="button"
          class="button button-quiet"
          onClick={() => actions.onTakeBack(message)}
        >
          {t('message.discard')}
        </button>
      </div>
    </div>
  );
}
