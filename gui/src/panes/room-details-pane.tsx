import { useLocation } from 'preact-iso/router';
import type { Address } from '../../../daemon/wire/address.ts';
import { formatRoomLink } from '../../../daemon/wire/room-link.ts';
import { foldName, serverOf } from '../../../daemon/wire/room-names.ts';
import type { ApiRoom, ApiRoomUser } from '../../../daemon/wire/rooms-api.ts';
import type { App } from '../app-state.ts';
import { Icon } from '../components/icon.tsx';
import { RoomDetails } from '../components/room-details.tsx';
import { roomPath } from '../router.ts';
import { canInviteTo, guestAddress, type Friend } from '../text/room.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { useDirectory } from './use-directory.ts';
import { useNarrow } from './use-narrow.ts';

/** The right side: all about the room. On phones a page of its own. */
export function RoomDetailsPane({ app, room }: Readonly<{ app: App; room: ApiRoom }>) {
  const { t } = useWords();
  const { route } = useLocation();
  const { api, attempt } = app;
  const { users, hasFailed, moderate } = useDirectory(app, room);
  const name = showName(room.name);
  const isNarrow = useNarrow();
  const Frame = isNarrow ? 'main' : 'aside';
  return (
    <Frame class="info" aria-label={t('room.details', { name })}>
      {isNarrow && <h1 class="visually-hidden">{t('room.details', { name })}</h1>}
      <a class="round-button info-close" href={roomPath(room.room)} aria-label={t('app.close')}>
        <Icon name="close" />
      </a>
      <RoomDetails
        {...{ room, name, users, hasFailed }}
        host={room.host === null ? undefined : app.contacts.nameOf(room.host)}
        hub={app.hub.value}
        guests={guestAddress(app.hub.value, app.status.status.value?.address, room.name)}
        people={{
          ...app.people,
          contactAt: (address) => app.contacts.byAddress.value.get(app.contacts.placeOf(address)),
        }}
        friends={friendsOutside(app, users ?? [])}
        link={linkTo(room, app.status.status.value?.address)}
        now={app.now.value}
        actions={{
          onPatch: (patch) => attempt(api.rooms.patch(room.room, patch)),
          onModerate: moderate,
          onInvite: (address) => attempt(api.rooms.invite(room.room, address)),
          onRenewInvite: () => void attempt(api.rooms.renewInvite(room.room)),
          onLeave: () => {
            void attempt(api.rooms.leave(room.room)).then((isDone) => {
              if (isDone) route(roomPath(room.room));
            });
          },
          onForget: () => {
            void attempt(api.rooms.forget(room.room)).then((isDone) => {
              if (isDone) route('/');
            });
          },
        }}
      />
    </Frame>
  );
}

/** Contacts who are not in a room yet. */
function friendsOutside({ contacts }: App, users: readonly ApiRoomUser[]): readonly Friend[] {
  const inside = new Set(users.map(({ user }) => serverOf(user)));
  return contacts.people.value
    .filter(({ state, blocked }) => state === 'established' && !blocked)
    .filter(({ address }) => !inside.has(address))
    .map(({ address }) => ({ address, name: contacts.nameOf(address) }))
    .sort((a, b) => foldName(a.name).localeCompare(foldName(b.name)));
}

/** A link to a room for others; of a private one it brings the invite along. */
function linkTo(room: ApiRoom, ownAddress: Address | undefined): string | undefined {
  const { host, uid, name, invite } = room;
  const address = host ?? ownAddress;
  if (address === undefined || !canInviteTo(room)) return undefined;
  return formatRoomLink({ address, uid, name, invite: room.private ? (invite ?? '') : '' });
}
