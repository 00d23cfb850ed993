import type { ApiRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { shortAddress } from '../text/address.ts';
import type { GameFold } from '../stores/game-rows.ts';
import { previewText } from '../text/invitation.ts';
import { personOf, type People, type RoomPerson } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { Bubble, BubbleFoot } from './bubble.tsx';
import type { GamesHere } from './game-in-log.tsx';
import { GuestMark } from './guest-mark.tsx';
import { Icon } from './icon.tsx';
import { IdleGameText } from './idle-game-text.tsx';
import { GameInLog, RoomMessageCard } from './late-parts.tsx';
import { MessageText } from './message-text.tsx';
import type { RowPlace } from './windowed-log.tsx';

type Props = Readonly<{
  event: ApiRoomMessage;
  /** What it is to a game, if it is part of one. */
  game: GameFold | undefined;
  games: GamesHere;
  /** The one before is by the same author and of the same moment. */
  isContinued: boolean;
  isMarked: boolean;
  place: RowPlace;
  now: number;
  people: People;
}>;

/** Something said in a room: one focusable item, read as "name, time: text". */
export function RoomBubble(props: Props) {
  const { event, game, games, isContinued, isMarked, place, now, people } = props;
  const words = useWords();
  const { t, time } = words;
  const person = personOf(event.from, event.origin, people);
  const isOwn = event.origin === 'owner';
  // A board is everybody's, whoever moved last.
  const isGame = game?.place === 'board';
  const at = Date.parse(event.timestamp);
  const values = {
    name: isOwn ? t('message.you') : person.name,
    when: time.moment(at, now),
    text: previewText(event.message, words),
  };
  const state = isOwn ? t('room.state.said') : person.isGuest ? t('room.guestMeans') : undefined;
  return (
    <div class={isOwn ? 'room-said is-own' : 'room-said'}>
      {!isOwn && !isGame && <Face person={person} isShown={!isContinued} />}
      <Bubble
        id={event.id}
        looks={[
          isOwn ? 'is-own' : 'is-other',
          person.isGuest && 'is-guest',
          isContinued && 'is-continued',
          isGame && 'is-game',
          isMarked && 'is-marked',
        ]}
        label={
          state === undefined
            ? t('message.label', values)
            : t('message.labelState', { ...values, state })
        }
        place={place}
        onEnter={place.onToggle}
        card={place.isOpen && <RoomMessageCard {...{ event, person, people }} />}
      >
        {!isOwn && !isContinued && !isGame && <Author person={person} people={people} />}
        <Body {...{ event, game, games }} />
        <BubbleFoot place={place} title={isOwn ? t('room.state.said') : t('message.about')}>
          <time dateTime={event.timestamp} title={time.full(at)}>
            {time.clock(at)}
          </time>
          {isOwn && (
            <span class="message-state state-delivered">
              <Icon name="ticks" />
              <span class="visually-hidden">{t('room.state.said')}</span>
            </span>
          )}
        </BubbleFoot>
      </Bubble>
    </div>
  );
}

function Body({ event, game, games }: Pick<Props, 'event' | 'game' | 'games'>) {
  if (game?.place === 'board') return <GameInLog id={game.id} games={games} />;
  if (game?.place === 'idle')
    return <IdleGameText id={game.id} text={event.message} games={games} />;
  return <MessageText text={event.message} />;
}

function Face({ person, isShown }: Readonly<{ person: RoomPerson; isShown: boolean }>) {
  const { name, address, isGuest } = person;
  return (
    <span class={isGuest ? 'room-face is-guest' : 'room-face'}>
      {isShown && <Avatar name={name} address={address ?? name} size="small" />}
    </span>
  );
}

/** Who says it; of those whom we do not know, where they are as well. */
function Author({ person, people }: Readonly<{ person: RoomPerson; people: People }>) {
  const { name, address, isGuest } = person;
  return (
    <p class="message-author">
      <bdi>{name}</bdi>
      {isGuest && <GuestMark />}
      {address !== undefined && !people.isContact(address) && (
        <span class="message-whence">{shortAddress(address)}</span>
      )}
    </p>
  );
}
