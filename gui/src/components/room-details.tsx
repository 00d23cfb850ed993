import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiRoom, ApiRoomUser } from '../../../daemon/wire/rooms-api.ts';
import type { RoomPatch, RoomVerb } from '../rooms-api.ts';
import { knowsPeople, type Friend } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { RoomAvatar } from './room-avatar.tsx';
import { RoomEquality } from './room-equality.tsx';
import { RoomInviting } from './room-inviting.tsx';
import { RoomLeaving } from './room-leaving.tsx';
import { RoomPeople, type PeopleSource } from './room-people.tsx';
import { RoomReaders } from './room-readers.tsx';
import { RoomTopic } from './room-topic.tsx';
import { Switch } from './switch.tsx';

export type RoomActions = Readonly<{
  /** @returns Whether it was kept. */
  onPatch: (patch: RoomPatch) => Promise<boolean>;
  onModerate: (verb: RoomVerb, user: string) => void;
  /** @returns Whether the invitation is on its way. */
  onInvite: (address: Address) => Promise<boolean>;
  onRenewInvite: () => void;
  onLeave: () => void;
  onForget: () => void;
}>;

type Props = Readonly<{
  room: ApiRoom;
  name: string;
  /** What the host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** Where our daemon serves guests; `undefined`: nowhere. */
  hub: string | undefined;
  /** Where they find this room. */
  guests: string | undefined;
  /** Who is in it; `undefined` until the daemon has said. */
  users: readonly ApiRoomUser[] | undefined;
  hasFailed: boolean;
  people: PeopleSource;
  /** Contacts that could be invited. */
  friends: readonly Friend[];
  /** Leads to the room; `undefined` where we have none to give. */
  link: string | undefined;
  now: number;
  actions: RoomActions;
}>;

/** All about a room, and all that can be decided about it. */
export function RoomDetails(props: Props) {
  const { room, name, host, hub, users, people, now, actions } = props;
  const { t } = useWords();
  const patch = (change: RoomPatch) => void actions.onPatch(change);
  const isOwn = room.host === null;
  return (
    <div class="details">
      <div class="details-face">
        <RoomAvatar uid={room.uid} size="large" />
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <p class="hint">
          {host === undefined ? t('room.hostedByYou') : t('room.hostedBy', { name: host })}
        </p>
      </div>
      <RoomTopic
        topic={room.topic}
        onSave={isOwn ? (topic) => actions.onPatch({ topic }) : undefined}
      />
      <RoomReaders {...{ room, host, hub }} />
      <RoomEquality {...{ room, host, now }} />
      {knowsPeople(room) && (
        <RoomPeople
          {...{ room, users, people, now }}
          hasFailed={props.hasFailed}
          onModerate={isOwn ? actions.onModerate : undefined}
        />
      )}
      <RoomInviting
        {...{ room, name, host }}
        guests={props.guests}
        friends={props.friends}
        link={props.link}
        onInvite={actions.onInvite}
        onRenew={actions.onRenewInvite}
      />
      {isOwn && (
        <>
          <h3 class="section-title">{t('room.rules')}</h3>
          <Switch
            label={t('room.privateLabel')}
            hint={t('room.privateHint')}
            isOn={room.private}
            onChange={(isPrivate) => patch({ private: isPrivate })}
          />
          <Switch
            label={t('room.closedLabel')}
            hint={t('room.closedHint')}
            isOn={room.closed}
            onChange={(closed) => patch({ closed })}
          />
        </>
      )}
      <h3 class="section-title">{t('contact.quiet')}</h3>
      <Switch
        label={t('contact.mute')}
        hint={t('contact.muteHint')}
        isOn={room.muted}
        onChange={(muted) => patch({ muted })}
      />
      <RoomLeaving {...{ room, name }} onLeave={actions.onLeave} onForget={actions.onForget} />
    </div>
  );
}
