import { useEffect } from 'preact/hooks';
import { isDaemonUser } from '../../../daemon/wire/room-names.ts';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import type { App } from '../app-state.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { fetchLateParts } from '../components/late-parts.tsx';
import { PlayButton } from '../components/play-button.tsx';
import { RoomComposer } from '../components/room-composer.tsx';
import { RoomHeader } from '../components/room-header.tsx';
import { RoomLogView } from '../components/room-log-view.tsx';
import { foundPath, roomPath } from '../router.ts';
import { canSpeak, draftOfRoom, personOf, standingOf } from '../text/room.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { FindInTalk } from './find-in-talk.tsx';
import { gamesHere } from './games-here.ts';
import { RoomNotes } from './room-notes.tsx';
import { useMarkRead, useReadUpToAtOpening } from './use-read-marks.ts';
import { useRoom } from './use-room.ts';

type Props = Readonly<{
  app: App;
  room: ApiRoom;
  /** Number of the event to show, instead of the newest. */
  target: number | undefined;
  hasDetails: boolean;
}>;

/** A room: what it is, what was said, and where to say more. Mounted anew for each room. */
export function RoomPane({ app, room, target, hasDetails }: Props) {
  const words = useWords();
  const { t } = words;
  const name = showName(room.name);
  const host = room.host === null ? undefined : app.contacts.nameOf(room.host);
  const { log, pending, isMissing, writing, actions } = useRoom(app, room.room, target);
  const games = gamesHere(app, {
    ...{ place: draftOfRoom(room.room), words },
    others: {
      nameOf: (player) => personOf(player, originOf(player), app.people).name,
      ...{ invited: undefined, isAway: false },
    },
    send: (text) => app.roomOutbox.add(room.room, text),
  });
  const readUpTo = useReadUpToAtOpening(room);
  const onSeen = useMarkRead(room.unread, (seqnr) => app.api.rooms.markRead(room.room, seqnr));
  useEffect(fetchLateParts, []);
  const waiting = room.sync?.waiting.length ?? 0;
  const isSilent = !log.events.value.some(({ type }) => type === 'MSG');
  const isEmpty = log.isLoaded.value && isSilent && pending.length + waiting === 0;
  const path = roomPath(room.room);
  const isFinding = app.finding.value === path;
  const isHostAway = room.sync?.away === true && standingOf(room) === 'in';
  return (
    <main class="talk" id="main" tabIndex={-1}>
      <RoomHeader
        {...{ room, name, host, hasDetails, isFinding }}
        hasGuests={app.hasGuests.value}
        onFind={() => (isFinding ? app.closeFind() : app.openFind(path))}
      />
      {isFinding && (
        <FindInTalk
          {...{ app, name }}
          within={{ room: room.room }}
          current={target === undefined ? undefined : foundPath({ room: room.room, seqnr: target })}
        />
      )}
      <RoomNotes {...{ app, room, host, isMissing }} />
      {isEmpty && !log.hasOlder.value && room.members < 2 ? (
        <EmptyState
          icon="room"
          title={t('room.emptyTitle')}
          {...(canSpeak(room) && { hint: t('room.emptyHint', { name }) })}
        />
      ) : (
        <RoomLogView
          {...{ room, name, log, pending, readUpTo, target, actions, games, onSeen }}
          host={host ?? ''}
          now={app.now.value}
          people={app.people}
        />
      )}
      {canSpeak(room) && (
        <RoomComposer
          {...{ name, writing }}
          absentHost={isHostAway ? host : undefined}
          tools={<PlayButton name={name} isForAll onInvite={games.onAgain} />}
        />
      )}
    </main>
  );
}

/** Nobody is called like a user of a daemon who is none. */
function originOf(player: string): 'contact' | 'guest' {
  return isDaemonUser(player) ? 'contact' : 'guest';
}
