import type { Address } from '../../../daemon/wire/address.ts';
import type { RoomLink } from '../../../daemon/wire/room-link.ts';
import { roomPath } from '../router.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { RoomAvatar } from './room-avatar.tsx';

/** How an invitation looks from here. */
export type InvitationState = Readonly<{
  /** What its host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** The room, if it is here already. */
  room: string | undefined;
  /** The host is a contact, and so we are one of the host's. */
  isHostKnown: boolean;
}>;

export type InvitationActions = Readonly<{
  stateOf: (invitation: RoomLink) => InvitationState;
  /** @param link The whole message. */
  onJoin: (link: string) => void;
}>;

type Props = Readonly<{
  invitation: RoomLink;
  /** The message as it came. */
  text: string;
  isOwn: boolean;
  actions: InvitationActions;
}>;

/** A message that is a room link, as a button. */
export function InvitationCard({ invitation, text, isOwn, actions }: Props) {
  const { t } = useWords();
  const { name, address, uid, invite } = invitation;
  const { host, room, isHostKnown } = actions.stateOf(invitation);
  const facts = [
    host === undefined ? t('room.hostedByYou') : t('room.hostedBy', { name: host }),
    ...(invite === '' ? [] : [t('room.invitation.opens')]),
  ];
  return (
    <div class="invitation">
      <RoomAvatar uid={uid} size="small" />
      <div class="invitation-words">
        <p class="hint">{t(isOwn ? 'room.invitation.outgoing' : 'room.invitation.incoming')}</p>
        <p class="invitation-name">
          <bdi>{showName(name)}</bdi>
        </p>
        <p class="hint">{facts.join(' · ')}</p>
        <Verb {...{ room, isHostKnown, isOwn, address }} onJoin={() => actions.onJoin(text)} />
      </div>
    </div>
  );
}

type VerbProps = Pick<InvitationState, 'room' | 'isHostKnown'> &
  Readonly<{ isOwn: boolean; address: Address; onJoin: () => void }>;

function Verb({ room, isHostKnown, isOwn, address, onJoin }: VerbProps) {
  const { t } = useWords();
  if (room !== undefined) {
    return (
      <div class="actions">
        <a class="button" href={roomPath(room)}>
          {t('room.invitation.open')}
        </a>
      </div>
    );
  }
  if (isOwn) return null;
  if (isHostKnown) {
    return (
      <div class="actions">
        <button type="button" class="button button-go" onClick={onJoin}>
          {t('room.invitation.join')}
        </button>
      </div>
    );
  }
  return (
    <>
      <p class="hint">{t('room.invitation.notContact')}</p>
      <div class="actions">
        <a class="button" href={`/add?address=${encodeURIComponent(address)}`}>
          {t('room.invitation.addHost')}
        </a>
      </div>
    </>
  );
}
