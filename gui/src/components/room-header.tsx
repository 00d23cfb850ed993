import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { roomPath } from '../router.ts';
import { knowsPeople } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { FindButton } from './find-button.tsx';
import { Icon } from './icon.tsx';
import { RoomAvatar } from './room-avatar.tsx';

type Props = Readonly<{
  room: ApiRoom;
  /** Safe to be shown anywhere. */
  name: string;
  /** What the host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** Guests may come in here: our daemon serves them. */
  hasGuests: boolean;
  hasDetails: boolean;
  /** Something is being looked for in the room. */
  isFinding: boolean;
  onFind: () => void;
}>;

/** Which room it is, who hosts it, and that it is readable there. */
export function RoomHeader(props: Props) {
  const { room, name, host, hasGuests, hasDetails, isFinding, onFind } = props;
  const { t } = useWords();
  const detailsHref = roomPath(room.room, true);
  const facts = [
    host === undefined ? t('room.hostedByYou') : t('room.hostedBy', { name: host }),
    ...(room.members > 0 && knowsPeople(room)
      ? [t('room.people', { count: room.members, online: room.online })]
      : []),
    ...(room.private ? [t('room.private')] : []),
    ...(room.closed ? [t('room.closed')] : []),
  ];
  const badge = host !== undefined ? 'elsewhere' : hasGuests && !room.closed ? 'guests' : 'own';
  return (
    <header class="talk-head">
      <a class="round-button only-narrow" href="/" aria-label={t('app.back')}>
        <Icon name="back" />
      </a>
      <a class="talk-who" href={detailsHref} title={t('room.details', { name })}>
        <RoomAvatar uid={room.uid} size="small" />
        <span class="talk-words">
          <h1 class="talk-name">
            <bdi>{name}</bdi>
          </h1>
          <span class="talk-presence">{facts.join(' · ')}</span>
        </span>
      </a>
      <a class="trust is-readable" href={detailsHref}>
        <Icon name="open" />
        <span class="trust-word">{t(`room.badge.${badge}`)}</span>
      </a>
      <FindButton label={t('search.inRoom')} {...{ isFinding, onFind }} />
      <a
        class="round-button talk-about"
        href={roomPath(room.room, !hasDetails)}
        aria-label={hasDetails ? t('conversation.hideDetails') : t('room.details', { name })}
      >
        <Icon name="info" />
      </a>
    </header>
  );
}
