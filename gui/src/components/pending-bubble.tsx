import type { OutboxItem } from '../stores/outbox-store.ts';
import { refusalText } from '../text/failure.ts';
import { previewText } from '../text/invitation.ts';
import { useWords } from '../texts/use-words.ts';
import { Bubble } from './bubble.tsx';
import { Icon } from './icon.tsx';
import { MessageText } from './message-text.tsx';
import type { RowPlace } from './windowed-log.tsx';

/** What is on its way, to whomever. */
export type PendingItem = Omit<OutboxItem<string>, 'to'>;

export type PendingActions = Readonly<{
  onResend: (item: PendingItem) => void;
  /** Puts the text back into the field. */
  onEdit: (item: PendingItem) => void;
  onDiscard: (item: PendingItem) => void;
}>;

type Props = Readonly<{
  item: PendingItem;
  /** Says why our daemon did not take it. */
  refusalOf?: typeof refusalText;
  place: Pick<RowPlace, 'isTabStop' | 'onFocus'>;
  now: number;
  actions: PendingActions;
}>;

/** A message that our own daemon does not have yet. */
export function PendingBubble(props: Props) {
  const { item, refusalOf = refusalText, place, now, actions } = props;
  const words = useWords();
  const { t, time } = words;
  const text = previewText(item.message, words, 'out');
  const isRefused = item.refusal !== undefined;
  const state = t('message.state.sending');
  const label = t('message.labelState', {
    name: t('message.you'),
    when: time.moment(item.at, now),
    text,
    state: item.refusal === undefined ? state : t(refusalOf(item.refusal)),
  });
  return (
    <Bubble
      id={item.id}
      looks={['is-own', isRefused ? 'is-failed' : 'is-pending']}
      {...{ label, place }}
    >
      <MessageText text={text} />
      <p class="message-foot" title={state}>
        <time dateTime={new Date(item.at).toISOString()}>{time.clock(item.at)}</time>
        <span class="message-state">
          <Icon name={isRefused ? 'failed' : 'sending'} />
        </span>
      </p>
      {item.refusal !== undefined && (
        <div class="message-failure">
          <p>{t(refusalOf(item.refusal))}</p>
          <div class="actions">
            <button type="button" class="button" onClick={() => actions.onResend(item)}>
              {t('message.retry')}
            </button>
            <button type="button" class="button" onClick={() => actions.onEdit(item)}>
              {t('message.edit')}
            </button>
            <button
              type="button"
              class="button button-quiet"
              onClick={() => actions.onDiscard(item)}
            >
              {t('message.discard')}
            </button>
          </div>
        </div>
      )}
    </Bubble>
  );
}
