import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Typing } from '../../client/sequence-topic.ts';
import type { App } from '../app-state.ts';
import type { RoomRowActions } from '../components/room-log-view.tsx';
import type { FollowEdits } from '../components/use-shared-field.ts';
import { draftOfRoom } from '../text/room.ts';

/**
 * The state of one room, opened at its newest event or at one that was asked for.
 *
 * @param target Number of that event.
 */
export function useRoom(app: App, room: string, target: number | undefined) {
  const log = useMemo(() => app.roomLogs.get(room), [room]);
  const draft = useMemo(() => app.drafts.of(draftOfRoom(room)), [room]);
  const pending = useMemo(() => app.roomOutbox.of(room), [room]);
  const followEdits = useMemo<FollowEdits>(
    () => (listener) => app.drafts.onEdits(draftOfRoom(room), listener),
    [room],
  );
  const isTypedElsewhere = useMemo(() => app.typing.isElsewhere(draftOfRoom(room)), [room]);
  const [isMissing, setMissing] = useState(false);

  useEffect(() => app.typing.follow(draftOfRoom(room)), [room]);

  useEffect(() => {
    setMissing(false);
    if (target === undefined) {
      if (!log.isLoaded.value || log.hasNewer.value) void log.openNewest();
    } else {
      void log.openAround(target).then((isThere) => setMissing(!isThere));
    }
  }, [log, target]);

  const write = (text: string, typing?: Typing): void => {
    app.drafts.write(draftOfRoom(room), text, typing);
    app.typing.note(draftOfRoom(room), text);
  };
  return {
    log,
    draft,
    pending,
    followEdits,
    /** The event asked for is not there. */
    isMissing,
    /** Another browser of the owner's is just writing here. */
    isTypedElsewhere,
    write,
    send: (text: string): void => {
      // Whoever reads old messages wants to see the new one, too.
      if (log.hasNewer.value) void log.openNewest();
      app.roomOutbox.add(room, text);
      write('');
    },
    actions: roomRowActions(app, room),
  };
}

/** What can be done with what has not been said yet. */
function roomRowActions({ api, attempt, drafts, roomOutbox }: App, room: string): RoomRowActions {
  const takeBack = (id: string): void => void attempt(api.rooms.takeBack(room, id));
  const edit = (text: string): void => {
    const key = draftOfRoom(room);
    drafts.write(key, [text, drafts.texts.value.get(key) ?? ''].filter(Boolean).join('\n'));
  };
  return {
    waiting: {
      onTakeBack: ({ id }) => takeBack(id),
      onRetry: ({ id, message }) => {
        // Kept here before it goes there, so that nothing in between can lose it.
        roomOutbox.add(room, message);
        takeBack(id);
      },
      onEdit: ({ id, message }) => {
        edit(message);
        takeBack(id);
      },
    },
    pending: {
      onResend: ({ id }) => roomOutbox.retry(id),
      onDiscard: ({ id }) => roomOutbox.discard(id),
      onEdit: ({ id, message }) => {
        edit(message);
        roomOutbox.discard(id);
      },
    },
  };
}
