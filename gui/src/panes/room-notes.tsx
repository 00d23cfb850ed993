/** What has to be said around a room. */
import { useLocation } from 'preact-iso/router';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import type { App } from '../app-state.ts';
import { roomPath } from '../router.ts';
import { delayText, refusalText, standingOf, type RoomReason } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  app: App;
  room: ApiRoom;
  /** What the host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** The message asked for is not there. */
  isMissing: boolean;
}>;

/** Below the head: whether one is in, why not, and what to do about it. */
export function RoomNotes({ app, room, host, isMissing }: Props) {
  const { t } = useWords();
  return (
    <>
      <StandingNote {...{ app, room, host }} />
      {room.closed && standingOf(room) !== 'refused' && <ClosedNote {...{ app, room, host }} />}
      {isMissing && (
        <p class="talk-note" role="status">
          {t('room.note.noEvent')} <a href={roomPath(room.room)}>{t('conversation.toEnd')}</a>
        </p>
      )}
    </>
  );
}

/** Where nobody hosts the room but the owner. */
const NO_REASON: RoomReason = { code: null, reason: null };

type StandingProps = Omit<Props, 'isMissing'>;

function StandingNote({ app, room, host = '' }: StandingProps) {
  const { t } = useWords();
  switch (standingOf(room)) {
    case 'in':
      return null;
    case 'joining':
      return <JoiningNote {...{ app, room, host }} />;
    case 'refused':
      return <RefusedNote {...{ app, room, host }} />;
    case 'out':
      if (room.closed) return null;
      return (
        <div class="talk-note" role="status">
          <b>{t('room.note.outTitle')}</b>{' '}
          {t(room.host === null ? 'room.note.outOwn' : 'room.note.out')}
          <div class="actions">
            <JoinButton app={app} room={room} label={t('room.note.join')} />
          </div>
        </div>
      );
  }
}

function JoiningNote({ app, room, host = '' }: StandingProps) {
  const words = useWords();
  const { t } = words;
  const leave = useForget(app, room);
  const { sync } = room;
  const isAway = sync?.away === true;
  return (
    <div class="talk-note" role="status">
      <b>{t(isAway ? 'room.note.awayTitle' : 'room.note.askingTitle')}</b>{' '}
      {isAway ? delayText(sync, host, words) : t('room.note.asking', { name: host })}{' '}
      {t('room.note.meanwhile')}
      <div class="actions">
        <button type="button" class="button" onClick={leave}>
          {t('room.note.cancel')}
        </button>
      </div>
    </div>
  );
}

function RefusedNote({ app, room, host = '' }: StandingProps) {
  const words = useWords();
  const { t } = words;
  const leave = useForget(app, room);
  return (
    <div class="talk-note is-plain" role="status">
      <b>{t('room.note.refusedTitle', { name: host })}</b>{' '}
      {refusalText(room.sync ?? NO_REASON, words)}
      <div class="actions">
        <JoinButton app={app} room={room} label={t('conversation.tryAgain')} />
        <button type="button" class="button" onClick={leave}>
          {t('room.note.forget')}
        </button>
      </div>
    </div>
  );
}

function ClosedNote({ app, room }: StandingProps) {
  const { t } = useWords();
  return (
    <div class="talk-note" role="status">
      <b>{t('room.note.closedTitle')}</b> {t('room.note.closed')}
      {room.host === null && (
        <div class="actions">
          <button
            type="button"
            class="button"
            onClick={() => void app.attempt(app.api.rooms.patch(room.room, { closed: false }))}
          >
            {t('room.note.open')}
          </button>
        </div>
      )}
    </div>
  );
}

function JoinButton({ app, room, label }: Readonly<{ app: App; room: ApiRoom; label: string }>) {
  return (
    <button
      type="button"
      class="button button-go"
      onClick={() => void app.attempt(app.api.rooms.join(room.room).then(app.rooms.put))}
    >
      {label}
    </button>
  );
}

/** Takes the wish to be in a room back; what is left of it then is nothing to look at. */
function useForget({ api, attempt }: App, { room }: ApiRoom): () => void {
  const { route } = useLocation();
  return () => {
    void attempt(api.rooms.leave(room)).then((isDone) => {
      if (isDone) route('/');
    });
  };
}
