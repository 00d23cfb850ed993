import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { App } from '../app-state.ts';
import { formatPath, type Page } from '../router.ts';
import { useWords } from '../texts/use-words.ts';
import { lazyAside } from './lazy-pane.tsx';
import { NotLoaded } from './not-loaded.tsx';
import { PageFrame } from './page-frame.tsx';
import { RoomPane } from './room-pane.tsx';

const RoomDetailsPane = lazyAside(
  async () => (await import('./room-details-pane.tsx')).RoomDetailsPane,
);

type Props = Readonly<{
  app: App;
  page: Extract<Page, { name: 'room' }>;
  hasDetails: boolean;
}>;

/** A room and, on demand, all about it; or that there is none. */
export function RoomPage({ app, page, hasDetails }: Props) {
  const { t } = useWords();
  const { route } = useLocation();
  const title = app.rooms.titleOf(page.room);
  useEffect(() => {
    // A host that moved keeps its rooms; only their paths are others.
    if (title === page.room) return;
    route(`${formatPath({ ...page, room: title })}${hasDetails ? '?details' : ''}`, true);
  }, [title]);
  const room = app.rooms.byTitle.value.get(title);
  if (room === undefined) {
    if (!app.rooms.isLoaded.value) return <NotLoaded app={app} />;
    return (
      <PageFrame title={t('room.unknown')}>
        <p>{t('room.unknownHint')}</p>
        <a class="button button-go" href={`/rooms?join=${encodeURIComponent(page.room)}`}>
          {t('room.joinThis')}
        </a>
      </PageFrame>
    );
  }
  return (
    <>
      <RoomPane key={title} {...{ app, room, hasDetails }} target={page.seqnr} />
      {hasDetails && <RoomDetailsPane key={`about ${title}`} app={app} room={room} />}
    </>
  );
}
