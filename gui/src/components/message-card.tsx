import { useEffect, useState } from 'preact/hooks';
import type { ApiMessage, TimelineEntry } from '../../../daemon/wire/gui-api.ts';
import { formatPath } from '../router.ts';
import { otherEnd } from '../stores/message-logs.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';
import { CopyButton } from './copy-button.tsx';
import { DeliveryTimeline } from './delivery-timeline.tsx';
import type { GamesHere } from './game-in-log.tsx';
import type { InvitationActions } from './invitation-card.tsx';

export type MessageActions = Readonly<{
  invitation: InvitationActions;
  games: GamesHere;
  /** @throws {ApiError} */
  loadTimeline: (message: ApiMessage) => Promise<readonly TimelineEntry[]>;
  onRetry: (message: ApiMessage) => void;
  onCancel: (message: ApiMessage) => void;
  onDelete: (message: ApiMessage) => void;
  /** Begins to choose several, with this one. */
  onChoose: (message: ApiMessage) => void;
}>;

type Props = Readonly<{
  message: ApiMessage;
  isPlain: boolean;
  now: number;
  nameOf: NameOf;
  actions: MessageActions;
}>;

/** All about one message: its way, and what can be done with it. */
export function MessageCard({ message, isPlain, now, nameOf, actions }: Props) {
  const { t } = useWords();
  const [timeline, setTimeline] = useState<readonly TimelineEntry[]>();
  const [hasFailed, setFailed] = useState(false);
  const { loadTimeline, onCancel, onRetry, onDelete, onChoose } = actions;

  useEffect(() => {
    if (message.direction === 'in') return;
    loadTimeline(message).then(setTimeline, () => setFailed(true));
    // Each change of the message is a new step.
  }, [message.id, message.rev]);

  const isOpen = message.state === 'queued' || message.state === 'relayed';
  const { href } = new URL(
    formatPath({ name: 'conversation', address: otherEnd(message), messageId: message.id }),
    location.origin,
  );
  return (
    <div class="message-card">
      <DeliveryTimeline {...{ message, timeline, hasFailed, now, nameOf }} />
      <MessageProtection message={message} isPlain={isPlain} />
      <div class="actions">
        {message.direction === 'out' &&
          message.state !== 'read' &&
          message.state !== 'delivered' && (
            <button type="button" class="button" onClick={() => onRetry(message)}>
              {t('message.retry')}
            </button>
          )}
        {message.direction === 'out' && isOpen && (
          <button type="button" class="button" onClick={() => onCancel(message)}>
            {t('message.cancel')}
          </button>
        )}
        <CopyButton text={message.message} label={t('message.copyText')} />
        <CopyButton text={href} label={t('message.copyLink')} />
        <button type="button" class="button button-quiet" onClick={() => onChoose(message)}>
          {t('deletion.choose')}
        </button>
        <button type="button" class="button button-quiet" onClick={() => onDelete(message)}>
          {t('message.delete')}
        </button>
      </div>
    </div>
  );
}

/** What protected this one message, which may be less or more than what protects the conversation today. */
function MessageProtection({ message, isPlain }: Pick<Props, 'message' | 'isPlain'>) {
  const { t } = useWords();
  if (isPlain) {
    return (
      <p class="message-protection is-plain">
        <Icon name="open" />
        {t('message.plain')}
      </p>
    );
  }
  // It has not left, and how it will is not known yet.
  if (message.enctype === '') return null;
  return (
    <p class="message-protection">
      <Icon name={message.verified ? 'locked' : 'lock'} />
      {t(message.verified ? 'message.sealedVerified' : 'message.sealed')}
    </p>
  );
}
