import { useState } from 'preact/hooks';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { standingOf } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{ room: ApiRoom; name: string; onLeave: () => void }>;

/** The way out, with a word before. */
export function RoomLeaving({ room, name, onLeave }: Props) {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  if (standingOf(room) !== 'in') return null;
  return (
    <div class="actions details-farewell">
      <button type="button" class="button button-danger-quiet" onClick={() => setAsking(true)}>
        {t('room.leave')}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={t('room.leaveTitle', { name })}
          hint={t(room.host === null ? 'room.leaveOwnHint' : 'room.leaveHint')}
          yes={t('room.leaveYes')}
          no={t('room.leaveNo')}
          onYes={onLeave}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
