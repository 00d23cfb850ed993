import { useLocation } from 'preact-iso/router';
import type { App } from '../app-state.ts';
import { AddTabs } from '../components/add-tabs.tsx';
import { CreateRoom } from '../components/create-room.tsx';
import { JoinRoom } from '../components/join-room.tsx';
import { roomPath } from '../router.ts';
import { useWords } from '../texts/use-words.ts';
import { PageFrame } from './page-frame.tsx';
import { useJoinRoom } from './use-join-room.ts';

/** Makes a room, or joins one of somebody else. */
export function RoomsPage({ app, initial }: Readonly<{ app: App; initial: string }>) {
  const { t } = useWords();
  const { route } = useLocation();
  const join = useJoinRoom(app);
  const me = app.status.status.value ?? app.me.me.value;
  const rooms = app.rooms.byTitle.value;
  return (
    <PageFrame title={t('room.page.title')}>
      <AddTabs current="room" />
      <section class="card">
        <h2>{t('room.page.create')}</h2>
        <p>{t('room.page.createHint')}</p>
        <CreateRoom
          rooms={rooms}
          onCreate={(wanted) =>
            void app.attempt(
              app.api.rooms.create(wanted).then((room) => {
                app.rooms.put(room);
                route(roomPath(room.room, true));
              }),
            )
          }
        />
      </section>
      <section class="card">
        <h2>{t('room.page.join')}</h2>
        <p>{t('room.page.joinHint')}</p>
        <JoinRoom
          key={initial}
          surroundings={{ own: me?.addresses ?? [], isContact: app.people.isContact, rooms }}
          nameOf={app.contacts.nameOf}
          initial={initial}
          onJoin={join}
        />
      </section>
    </PageFrame>
  );
}
