import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { roomPath } from '../router.ts';
import { knowsPeople } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
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
}>;

/** Which room it is, who hosts it, and that it is readable there. */
export function RoomHeader({ room, name, host, hasGuests, hasDetails }: Props) {
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
      <a
        class="round-button"
        href={roomPath(room.room, !hasDetails)}
        aria-label={hasDetails ? t('conversation.hideDetails') : t('room.details', { name })}
      >
        <Icon name="info" />
      </a>
    </header>
  );
}
