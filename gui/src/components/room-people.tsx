import { useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact, Presence } from '../../../daemon/wire/gui-api.ts';
import type { ApiRoom, ApiRoomUser } from '../../../daemon/wire/rooms-api.ts';
import { conversationPath } from '../router.ts';
import type { RoomVerb } from '../rooms-api.ts';
import { shortAddress } from '../text/address.ts';
import { presenceText } from '../text/presence.ts';
import { personOf, type People, type RoomPerson } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import type { Words } from '../texts/words.ts';
import { Avatar } from './avatar.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { GuestMark } from './guest-mark.tsx';

export type PeopleSource = People &
  Readonly<{ contactAt: (address: Address) => ApiContact | undefined }>;

type Props = Readonly<{
  room: ApiRoom;
  users: readonly ApiRoomUser[] | undefined;
  hasFailed: boolean;
  people: PeopleSource;
  now: number;
  /** `undefined` where the host decides. */
  onModerate: ((verb: RoomVerb, user: string) => void) | undefined;
}>;

type Question = Readonly<{ verb: 'remove' | 'ban'; user: string; person: RoomPerson }>;

/** Who is in a room, and who is kept out; the host's owner may change that. */
export function RoomPeople({ room, users, hasFailed, people, now, onModerate }: Props) {
  const { t } = useWords();
  const [question, ask] = useState<Question>();
  const isOwn = onModerate !== undefined;
  const present = (users ?? []).filter((user) => user.present);
  const keptOut = (users ?? []).filter(({ role }) => role === 'banned');
  const rowOf = (user: ApiRoomUser) => (
    <PersonRow
      key={user.user}
      {...{ user, people, now }}
      isHost={room.host !== null && user.user.endsWith(`@${room.host}`)}
      onAsk={isOwn ? ask : undefined}
      onUnban={isOwn ? (name) => onModerate('unban', name) : undefined}
    />
  );
  return (
    <>
      <h3 class="section-title">{t('room.who')}</h3>
      {hasFailed && <p class="hint">{t('room.whoFailed')}</p>}
      <ul class="room-people" aria-busy={users === undefined && !hasFailed}>
        {present.map(rowOf)}
      </ul>
      {keptOut.length > 0 && (
        <>
          <h3 class="section-title">{t('room.keptOut')}</h3>
          <ul class="room-people">{keptOut.map(rowOf)}</ul>
        </>
      )}
      {question !== undefined && (
        <ModerationDialog
          question={question}
          onYes={({ verb, user }) => onModerate?.(verb, user)}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}

type RowProps = Readonly<{
  user: ApiRoomUser;
  people: PeopleSource;
  now: number;
  isHost: boolean;
  onAsk: ((question: Question) => void) | undefined;
  onUnban: ((user: string) => void) | undefined;
}>;

function PersonRow({ user, people, now, isHost, onAsk, onUnban }: RowProps) {
  const words = useWords();
  const { t } = words;
  const person = personOf(user.user, user.origin, people);
  const isSelf = user.origin === 'owner';
  const contact =
    isSelf || person.address === undefined ? undefined : people.contactAt(person.address);
  const name = isSelf ? t('message.you') : person.name;
  const facts = [
    ...(isHost ? [t('room.host')] : []),
    ...(isSelf || person.isGuest ? [] : [whereabouts(user, contact, words, now)]),
    ...(isSelf || person.isGuest || contact !== undefined
      ? []
      : [strangerText(person, t('room.stranger'))]),
  ];
  return (
    <li class="room-person">
      <Avatar
        name={person.name}
        address={person.address ?? person.name}
        size="small"
        {...(isSelf || person.isGuest ? {} : { presence: presenceOf(user, contact) })}
      />
      <span class="room-person-words">
        <span class="room-person-name">
          {contact === undefined ? (
            <bdi>{name}</bdi>
          ) : (
            <a href={conversationPath(contact.address)}>
              <bdi>{name}</bdi>
            </a>
          )}
          {person.isGuest && <GuestMark />}
        </span>
        {facts.length > 0 && <span class="hint">{facts.join(' · ')}</span>}
      </span>
      {!isSelf && user.role === 'banned' && onUnban !== undefined && (
        <button
          type="button"
          class="button"
          aria-label={t('room.unbanOne', { name })}
          onClick={() => onUnban(user.user)}
        >
          {t('room.unban')}
        </button>
      )}
      {!isSelf && user.role !== 'banned' && onAsk !== undefined && (
        <span class="room-person-verbs">
          <button
            type="button"
            class="button button-quiet"
            aria-label={t('room.removeOne', { name })}
            onClick={() => onAsk({ verb: 'remove', user: user.user, person })}
          >
            {t('room.remove')}
          </button>
          <button
            type="button"
            class="button button-quiet"
            aria-label={t('room.banOne', { name })}
            onClick={() => onAsk({ verb: 'ban', user: user.user, person })}
          >
            {t('room.ban')}
          </button>
        </span>
      )}
    </li>
  );
}

/** A contact's daemon tells us itself; of everybody else the room's host knows. */
function presenceOf({ online }: ApiRoomUser, contact: ApiContact | undefined): Presence {
  if (contact !== undefined && contact.presence !== 'offline') return contact.presence;
  return online === true ? 'online' : 'offline';
}

/** In a line among many: who is there is there, and of the others one wants to know since when not. */
function whereabouts(
  user: ApiRoomUser,
  contact: ApiContact | undefined,
  words: Words,
  now: number,
): string {
  const presence = presenceOf(user, contact);
  const isThere = presence !== 'offline' && contact?.blocked !== true;
  if (isThere || contact === undefined) return words.t(`presence.${presence}`);
  return presenceText(contact, words, now);
}

function strangerText({ address }: RoomPerson, word: string): string {
  return address === undefined ? word : `${shortAddress(address)} · ${word}`;
}

type DialogProps = Readonly<{
  question: Question;
  onYes: (question: Question) => void;
  onClose: () => void;
}>;

function ModerationDialog({ question, onYes, onClose }: DialogProps) {
  const { t } = useWords();
  const { verb, person } = question;
  const { name } = person;
  const hint = verb === 'remove' ? 'removeHint' : person.isGuest ? 'banGuestHint' : 'banHint';
  return (
    <ConfirmDialog
      title={t(verb === 'remove' ? 'room.removeTitle' : 'room.banTitle', { name })}
      hint={t(`room.${hint}`, { name })}
      yes={t(`room.${verb}`)}
      no={t('room.stay')}
      onYes={() => onYes(question)}
      onClose={onClose}
    />
  );
}
