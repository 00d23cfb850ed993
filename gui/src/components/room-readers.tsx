import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { transitText } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  room: ApiRoom;
  /** What the host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** Where our daemon serves guests; `undefined`: nowhere. */
  hub: string | undefined;
}>;

/** Who can read what is said in a room, honestly. */
export function RoomReaders({ room, host, hub }: Props) {
  const words = useWords();
  const { t } = words;
  return (
    <>
      <h3 class="section-title">{t('room.readers')}</h3>
      <div class="trust-note is-readable">
        <Icon name="open" />
        <div>
          {host === undefined || room.host === null ? (
            <>
              <p>{t('room.readOwn')}</p>
              <p>{t(hub === undefined ? 'room.guestsOff' : 'room.guestsOn')}</p>
            </>
          ) : (
            <>
              <p>{t('room.readHost', { name: host })}</p>
              <p>{t('room.readTransit', { how: transitText({ address: room.host }, words) })}</p>
              <p>{t('room.guestsElsewhere')}</p>
            </>
          )}
        </div>
      </div>
    </>
  );
}
