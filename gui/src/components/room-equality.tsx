import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { equalityOf } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';

/** So many characters of a hash tell it from others. */
const HASH_SHOWN = 12;

type Props = Readonly<{ room: ApiRoom; host: string | undefined; now: number }>;

/** Whether we have what the host has. */
export function RoomEquality({ room, now }: Props) {
  const { t, time, number } = useWords();
  const { sync } = room;
  const checkedAt = sync === null || sync.checked === null ? undefined : Date.parse(sync.checked);
  const when = checkedAt === undefined ? '' : time.ago(checkedAt, now);
  const count = sync?.events ?? room.seqnr;
  const events = t('room.equality.events', { count, number: number(count) });
  const equality = equalityOf(room);
  if (equality === undefined) return null;
  return (
    <>
      <h3 class="section-title">
        {t(sync === null ? 'room.equality.titleOwn' : 'room.equality.title')}
      </h3>
      <p class={equality === 'equal' ? 'room-equality is-equal' : 'room-equality'} role="status">
        {equality === 'equal' && <span aria-hidden="true">✓ </span>}
        {t(`room.equality.${equality}`, { events, when })}
      </p>
      {sync !== null && (
        <p class="hint">
          {equality === 'equal' && `${t('room.equality.checked')} ${when} · `}
          <span class="mono" title={t('room.equality.hash')}>
            {sync.hash.slice(0, HASH_SHOWN)}
          </span>
        </p>
      )}
    </>
  );
}
