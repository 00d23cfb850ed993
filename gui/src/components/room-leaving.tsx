import { useState } from 'preact/hooks';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { standingOf } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{
  room: ApiRoom;
  name: string;
  onLeave: () => void;
  /** Only a room that one is out of is forgotten. */
  onForget: () => void;
}>;

/** The way out, and out of the list, each with a word before. */
export function RoomLeaving({ room, name, onLeave, onForget }: Props) {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const standing = standingOf(room);
  // What waits to be let in is called off where it is told.
  if (standing === 'joining') return null;
  const isOwn = room.host === null;
  const isIn = standing === 'in';
  const words = isIn
    ? {
        ask: t('room.leave'),
        title: t('room.leaveTitle', { name }),
        hint: t(isOwn ? 'room.leaveOwnHint' : 'room.leaveHint'),
        ...{ yes: t('room.leaveYes'), no: t('room.leaveNo') },
      }
    : {
        ask: t('room.forget'),
        title: t('room.forgetTitle', { name }),
        hint: t(isOwn ? 'room.forgetOwnHint' : 'room.forgetHint'),
        ...{ yes: t('room.forgetYes'), no: t('contact.cancel') },
      };
  return (
    <div class="actions details-farewell">
      <button type="button" class="button button-danger-quiet" onClick={() => setAsking(true)}>
        {words.ask}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={words.title}
          hint={words.hint}
          yes={words.yes}
          no={words.no}
          onYes={isIn ? onLeave : onForget}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
