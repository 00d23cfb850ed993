import { useMemo } from 'preact/hooks';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { GameFold } from '../stores/game-rows.ts';
import { previewText, readInvitation } from '../text/invitation.ts';
import { messageTimes, stateText, type NameOf } from '../text/message.ts';
import { isPlainMessage } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon, STATE_ICONS } from './icon.tsx';
import { IdleGameText } from './idle-game-text.tsx';
import { InvitationCard } from './invitation-card.tsx';
import { GameInLog, MessageCard } from './late-parts.tsx';
import type { MessageActions } from './message-card.tsx';
import { MessageText } from './message-text.tsx';

type Props = Readonly<{
  message: ApiMessage;
  /** What it is to a game, if it is part of one. */
  game: GameFold | undefined;
  /** The one before is by the same author and of the same moment. */
  isContinued: boolean;
  isOpen: boolean;
  /** Arrow keys move the focus; only one message is a stop for the Tab key. */
  isTabStop: boolean;
  isMarked: boolean;
  /** The contact does not encrypt, so what still waits for it will leave unprotected. */
  isContactPlain: boolean;
  now: number;
  nameOf: NameOf;
  actions: MessageActions;
  onToggle: () => void;
  onFocus: () => void;
}>;

/** A message: one focusable item, read as "name, time: text. State". */
export function MessageBubble(props: Props) {
  const { message, game, isContinued, isOpen, isTabStop, isMarked, now, nameOf, actions } = props;
  const words = useWords();
  const { t, time } = words;
  const isOwn = message.direction === 'out';
  const name = isOwn ? t('message.you') : nameOf(message.from);
  const { sentAt } = messageTimes(message);
  const values = {
    name,
    when: time.moment(sentAt, now),
    text: previewText(message.message, words, message.direction),
  };
  const isPlain = isPlainMessage(message, props.isContactPlain);
  const state = isOwn ? stateText(message, words, nameOf) : '';
  const states = [state, isPlain ? t('message.plain') : ''].filter(Boolean).join('. ');
  const classes = [
    'message',
    isOwn ? 'is-own' : 'is-other',
    isContinued ? 'is-continued' : '',
    game?.place === 'board' ? 'is-game' : '',
    message.state === 'failed' ? 'is-failed' : '',
    isMarked ? 'is-marked' : '',
  ];
  return (
    <div class="message-place">
      <article
        class={classes.join(' ')}
        data-id={message.id}
        tabIndex={isTabStop ? 0 : -1}
        aria-label={
          states === ''
            ? t('message.label', values)
            : t('message.labelState', { ...values, state: states })
        }
        onFocus={props.onFocus}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && event.target === event.currentTarget) props.onToggle();
        }}
      >
        <Body message={message} game={game} actions={actions} />
        <BubbleFoot {...{ message, state, isPlain, isOpen, nameOf }} onToggle={props.onToggle} />
        {message.state === 'failed' && <Failure message={message} actions={actions} />}
      </article>
      {isOpen && <MessageCard {...{ message, isPlain, now, nameOf, actions }} />}
    </div>
  );
}

function Body({ message, game, actions }: Pick<Props, 'message' | 'game' | 'actions'>) {
  const { message: text, direction } = message;
  const invitation = useMemo(() => readInvitation(text), [text]);
  if (game?.place === 'board') return <GameInLog id={game.id} games={actions.games} />;
  if (game?.place === 'idle')
    return <IdleGameText id={game.id} text={text} games={actions.games} />;
  if (invitation === undefined) return <MessageText text={text} />;
  return (
    <InvitationCard
      {...{ invitation, text }}
      isOwn={direction === 'out'}
      actions={actions.invitation}
    />
  );
}

type FootProps = Readonly<{
  message: ApiMessage;
  state: string;
  isPlain: boolean;
  isOpen: boolean;
  nameOf: NameOf;
  onToggle: () => void;
}>;

/** Time, way and state; together they open what else there is to know. */
function BubbleFoot({ message, state, isPlain, isOpen, nameOf, onToggle }: FootProps) {
  const { t, time } = useWords();
  const { sentAt, lateAt } = messageTimes(message);
  const isSameDay = lateAt !== undefined && time.dayNumber(sentAt) === time.dayNumber(lateAt);
  const sent = isSameDay ? time.clock(sentAt) : time.moment(sentAt, lateAt ?? sentAt);
  const via = message.via === null || message.direction === 'out' ? undefined : nameOf(message.via);
  return (
    <button
      type="button"
      class="message-foot"
      aria-expanded={isOpen}
      title={state === '' ? t('message.about') : state}
      tabIndex={-1}
      onClick={onToggle}
    >
      {isPlain && (
        <span class="message-plain">
          <Icon name="open" />
          {t('message.plain')}
        </span>
      )}
      {via !== undefined && (
        <span class={message.enctype === '' ? 'message-via is-unproven' : 'message-via'}>
          {t(message.enctype === '' ? 'message.via' : 'message.viaSealed', { name: via })} ·
        </span>
      )}
      {lateAt !== undefined && <span>{t('message.sent', { when: sent })} ·</span>}
      <time dateTime={new Date(lateAt ?? sentAt).toISOString()} title={time.full(lateAt ?? sentAt)}>
        {time.clock(lateAt ?? sentAt)}
      </time>
      {message.direction === 'out' && (
        <span class={`message-state state-${message.state}`}>
          <Icon name={STATE_ICONS[message.state]} />
          <span class="visually-hidden">{state}</span>
        </span>
      )}
    </button>
  );
}

function Failure({ message, actions }: Pick<Props, 'message' | 'actions'>) {
  const { t } = useWords();
  return (
    <div class="message-failure">
      <p>
        {t('message.notDelivered')}{' '}
        {message.reason !== undefined && t(`message.reason.${message.reason}`)}
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={() => actions.onRetry(message)}>
          {t('message.retry')}
        </button>
        <button type="button" class="button button-quiet" onClick={() => actions.onDelete(message)}>
          {t('message.delete')}
        </button>
      </div>
    </div>
  );
}
