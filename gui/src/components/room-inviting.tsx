import { useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { canInviteTo, type Friend } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { InviteList } from './invite-list.tsx';

type Props = Readonly<{
  room: ApiRoom;
  name: string;
  /** What the host is called; `undefined` where that is the owner. */
  host: string | undefined;
  /** Where guests find the room; `undefined`: nowhere. */
  guests: string | undefined;
  friends: readonly Friend[];
  link: string | undefined;
  onInvite: (address: Address) => Promise<boolean>;
  onRenew: () => void;
}>;

/** Ways for others to come into a room. */
export function RoomInviting(props: Props) {
  const { room, name, host, guests, friends, link, onInvite, onRenew } = props;
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  if (host !== undefined && room.private && room.joined) {
    return (
      <>
        <h3 class="section-title">{t('room.inviting')}</h3>
        <p class="hint">{t('room.invitePrivate', { name: host })}</p>
      </>
    );
  }
  if (!canInviteTo(room)) return null;
  const isOwn = host === undefined;
  return (
    <>
      <h3 class="section-title">{t('room.inviting')}</h3>
      <div class="actions">
        <button type="button" class="button button-go" onClick={() => setAsking(true)}>
          {t('room.invite')}
        </button>
        {link !== undefined && <CopyButton text={link} label={t('room.link')} />}
        {isOwn && room.private && (
          <button type="button" class="button" title={t('room.renewHint')} onClick={onRenew}>
            {t('room.renew')}
          </button>
        )}
      </div>
      <p class="hint">
        {isOwn
          ? t(room.private ? 'room.linkPrivate' : 'room.linkHint')
          : t('room.inviteElsewhere', { name: host })}
      </p>
      {isOwn && guests !== undefined && (
        <>
          <h3 class="section-title">{t('room.guestAddress')}</h3>
          <p class="address">{guests}</p>
        </>
      )}
      {isAsking && (
        <Dialog title={t('room.inviteTitle', { name })} onClose={() => setAsking(false)}>
          <p class="hint">{t('room.inviteLead')}</p>
          <InviteList
            rows={friends.map((friend) => ({
              key: friend.address,
              name: friend.name,
              face: <Avatar name={friend.name} address={friend.address} size="small" />,
            }))}
            onInvite={(address) => {
              const friend = friends.find((one) => one.address === address);
              return friend === undefined ? Promise.resolve(false) : onInvite(friend.address);
            }}
            empty={t('room.inviteNone')}
          />
        </Dialog>
      )}
    </>
  );
}
