import { useId, useState } from 'preact/hooks';
import { ROOM_TOPIC_MAX_LENGTH } from '../../../daemon/wire/rooms-api.ts';
import { showSteering } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  topic: string;
  /** Resolves with whether it was kept; `undefined` where the host decides. */
  onSave: ((topic: string) => Promise<boolean>) | undefined;
}>;

/** What a room is about. */
export function RoomTopic({ topic, onSave }: Props) {
  const { t } = useWords();
  if (onSave === undefined && topic === '') return null;
  return (
    <>
      <h3 class="section-title">{t('room.topic')}</h3>
      {onSave === undefined ? (
        <p class="room-topic">
          <bdi>{showSteering(topic)}</bdi>
        </p>
      ) : (
        // Another browser may have changed it: then this one begins anew.
        <TopicForm key={topic} topic={topic} onSave={onSave} />
      )}
    </>
  );
}

function TopicForm({
  topic,
  onSave,
}: Readonly<{ topic: string; onSave: NonNullable<Props['onSave']> }>) {
  const { t } = useWords();
  const id = useId();
  const [typed, setTyped] = useState(topic);
  return (
    <form
      class="field-row"
      onSubmit={(event) => {
        event.preventDefault();
        void onSave(typed.trim());
      }}
    >
      <label class="visually-hidden" for={id}>
        {t('room.topic')}
      </label>
      <input
        class="field"
        id={id}
        dir="auto"
        value={typed}
        maxLength={ROOM_TOPIC_MAX_LENGTH}
        autocomplete="off"
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={typed.trim() === topic}>
        {t('nick.save')}
      </button>
    </form>
  );
}
