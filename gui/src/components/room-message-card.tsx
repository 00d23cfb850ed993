import type { ApiRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { formatPath } from '../router.ts';
import type { People, RoomPerson } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { CopyButton } from './copy-button.tsx';

type Props = Readonly<{ event: ApiRoomMessage; person: RoomPerson; people: People }>;

/** All about one message of a room, and what can be done with it. */
export function RoomMessageCard({ event, person, people }: Props) {
  const { t, time, number } = useWords();
  const { address } = person;
  const { room, seqnr, message, timestamp } = event;
  const { href } = new URL(formatPath({ name: 'room', room, seqnr }), location.origin);
  return (
    <div class="message-card">
      <p>
        {time.full(Date.parse(timestamp))} · #{number(seqnr)}
      </p>
      {person.isGuest ? (
        <p>{t('room.guestMeans')}</p>
      ) : (
        <p class="mono message-address">{address}</p>
      )}
      <div class="actions">
        <CopyButton text={message} label={t('message.copyText')} />
        <CopyButton text={href} label={t('message.copyLink')} />
        {address !== undefined && event.origin === 'contact' && !people.isContact(address) && (
          <a class="button" href={`/add?address=${encodeURIComponent(address)}`}>
            {t('list.addThis')}
          </a>
        )}
      </div>
    </div>
  );
}
