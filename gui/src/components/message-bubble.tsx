import { useMemo } from 'preact/hooks';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { GameFold } from '../stores/game-rows.ts';
import { previewText, readInvitation } from '../text/invitation.ts';
import { messageTimes, stateText, type NameOf } from '../text/message.ts';
import { isPlainMessage } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Bubble, BubbleFoot } from './bubble.tsx';
import { Icon, STATE_ICONS } from './icon.tsx';
import { IdleGameText } from './idle-game-text.tsx';
import { InvitationCard } from './invitation-card.tsx';
import { GameInLog, MessageCard } from './late-parts.tsx';
import type { MessageActions } from './message-card.tsx';
import { MessageText } from './message-text.tsx';
import type { RowPlace } from './windowed-log.tsx';

type Props = Readonly<{
  message: ApiMessage;
  /** What it is to a game, if it is part of one. */
  game: GameFold | undefined;
  /** The one before is by the same author and of the same moment. */
  isContinued: boolean;
  isMarked: boolean;
  /** The contact does not encrypt, so what still waits for it will leave unprotected. */
  isContactPlain: boolean;
  now: number;
  nameOf: NameOf;
  actions: MessageActions;
  place: RowPlace;
}>;

/** A message: one focusable item, read as "name, time: text. State". */
export function MessageBubble(props: Props) {
  const { message, game, isContinued, isMarked, now, nameOf, actions, place } = props;
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
  return (
    <Bubble
      id={message.id}
      looks={[
        isOwn ? 'is-own' : 'is-other',
        isContinued && 'is-continued',
        game?.place === 'board' && 'is-game',
        message.state === 'failed' && 'is-failed',
        isMarked && 'is-marked',
      ]}
      label={
        states === ''
          ? t('message.label', values)
          : t('message.labelState', { ...values, state: states })
      }
      place={place}
      onEnter={place.onToggle}
      card={place.isOpen && <MessageCard {...{ message, isPlain, now, nameOf, actions }} />}
    >
      <Body message={message} game={game} actions={actions} />
      <BubbleFoot place={place} title={state === '' ? t('message.about') : state}>
        <FootWords {...{ message, state, isPlain, nameOf }} />
      </BubbleFoot>
      {message.state === 'failed' && <Failure message={message} actions={actions} />}
    </Bubble>
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
  nameOf: NameOf;
}>;

function FootWords({ message, state, isPlain, nameOf }: FootProps) {
  const { t, time } = useWords();
  const { sentAt, lateAt } = messageTimes(message);
  const isSameDay = lateAt !== undefined && time.dayNumber(sentAt) === time.dayNumber(lateAt);
  const sent = isSameDay ? time.clock(sentAt) : time.moment(sentAt, lateAt ?? sentAt);
  const via = message.via === null || message.direction === 'out' ? undefined : nameOf(message.via);
  return (
    <>
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
    </>
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
