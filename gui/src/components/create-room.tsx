import { useId, useState } from 'preact/hooks';
import { NAME_MAX_LENGTH } from '../../../daemon/wire/room-names.ts';
import { ROOM_TOPIC_MAX_LENGTH, type ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { roomPath } from '../router.ts';
import { isRoomName } from '../text/room-title.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  rooms: ReadonlyMap<string, ApiRoom>;
  onCreate: (room: Readonly<{ name: string; topic: string; private: boolean }>) => void;
}>;

/** Makes a room on our own daemon; says while one types whether the name can be had. */
export function CreateRoom({ rooms, onCreate }: Props) {
  const { t } = useWords();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [topic, setTopic] = useState('');
  const [isPrivate, setPrivate] = useState(false);
  const name = typed.trim().normalize('NFC');
  const isTaken = rooms.has(name);
  const isBad = name !== '' && !isRoomName(name);
  const isGood = name !== '' && !isBad && !isTaken;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood) onCreate({ name, topic: topic.trim(), private: isPrivate });
      }}
    >
      <label class="label" for={id}>
        {t('room.page.name')}
      </label>
      <input
        class="field"
        id={id}
        dir="auto"
        value={typed}
        maxLength={2 * NAME_MAX_LENGTH}
        autocomplete="off"
        aria-describedby={`${id}-verdict`}
        aria-invalid={isBad || isTaken}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p class="verdict" id={`${id}-verdict`} role="status">
        {isBad && t('room.page.badName')}
        {isTaken && (
          <>
            {t('room.page.taken')} <a href={roomPath(name)}>{t('room.page.open')}</a>
          </>
        )}
      </p>
      <label class="label" for={`${id}-topic`}>
        {t('room.page.topic')}
      </label>
      <input
        class="field"
        id={`${id}-topic`}
        dir="auto"
        value={topic}
        maxLength={ROOM_TOPIC_MAX_LENGTH}
        autocomplete="off"
        onInput={(event) => setTopic(event.currentTarget.value)}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={isPrivate}
          onChange={(event) => setPrivate(event.currentTarget.checked)}
        />
        {t('room.page.private')}
      </label>
      <div class="actions">
        <button type="submit" class="button button-go" disabled={!isGood}>
          {t('room.page.submit')}
        </button>
      </div>
    </form>
  );
}
