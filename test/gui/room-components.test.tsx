import test from 'ava';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { ApiRoom, ApiRoomUser, ApiWaitingRoomMessage } from '../../daemon/wire/rooms-api.ts';
import { InvitationCard } from '../../gui/src/components/invitation-card.tsx';
import { RoomEquality } from '../../gui/src/components/room-equality.tsx';
import { RoomHeader } from '../../gui/src/components/room-header.tsx';
import { RoomInviting } from '../../gui/src/components/room-inviting.tsx';
import { RoomLeaving } from '../../gui/src/components/room-leaving.tsx';
import { RoomPeople } from '../../gui/src/components/room-people.tsx';
import { RoomReaders } from '../../gui/src/components/room-readers.tsx';
import { WaitingBubble } from '../../gui/src/components/waiting-bubble.tsx';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import {
  ANNA,
  BORIS,
  iso,
  NOON,
  sampleContact,
  sampleMirror,
  sampleRoom,
  sampleSync,
} from './fakes.ts';
import { createWords } from './words.ts';

const nothing = (): void => undefined;
const PLACE = { isOpen: false, isTabStop: true, onToggle: nothing, onFocus: nothing };

/** What is on the screen, tags and invisible marks taken out. */
function read(node: VNode, language: 'en' | 'ru' = 'en'): string {
  const words = createWords(language);
  return renderToString(<WordsContext.Provider value={words}>{node}</WordsContext.Provider>)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const header = (room: ApiRoom, host?: string, hasGuests = false) => (
  <RoomHeader
    {...{ room, host, hasGuests, hasDetails: false, isFinding: false, onFind: nothing }}
    name={room.name}
  />
);

test('every room says above what is said that it can be read', (t) => {
  t.regex(read(header(sampleMirror(), 'Boris')), /hosted by Boris .*The host can read this/);
  t.regex(read(header(sampleRoom())), /hosted by you .*Not end-to-end encrypted/);
  t.regex(read(header(sampleRoom(), undefined, true)), /Guests come over plain HTTP/);
  t.regex(read(header(sampleRoom({ private: true }))), /private/);
});

test('who is there is told of no room that one was put out of', (t) => {
  const out = sampleMirror({ sync: sampleSync({ state: 'refused', code: 'put_out' }) });

  t.regex(read(header(sampleMirror(), 'Boris')), /\d there/);
  t.notRegex(read(header(out, 'Boris')), /\d there/);
});

test('the details name who can read, and what protects the way', (t) => {
  const own = <RoomReaders room={sampleRoom()} host={undefined} hub="http://127.0.0.1:8000" />;
  const elsewhere = <RoomReaders room={sampleMirror()} host="Boris" hub={undefined} />;

  t.regex(read(own), /Guests come in over plain HTTP/);
  t.regex(read(elsewhere), /Boris, who hosts this one, can read everything/);
  t.regex(read(elsewhere), /encrypted in transit by cjdns/);
});

test('equal is said with the number of events, and unknown when it is not known', (t) => {
  const equality = (room: ApiRoom) => <RoomEquality room={room} host="Boris" now={NOON + 60_000} />;
  const many = sampleMirror({ sync: sampleSync({ events: 1204 }) });
  const away = sampleMirror({ sync: sampleSync({ away: true }) });
  const unheard = sampleMirror({ sync: sampleSync({ away: true, checked: null }) });

  t.regex(read(equality(many)), /✓ 1,204 events, equal/);
  t.regex(read(equality(many), 'ru'), /1 204 события, всё совпадает/);
  t.regex(read(equality(away)), /The host is away; it answered 1 min\. ago, and all was equal/);
  t.notRegex(read(equality(unheard)), /equal/);
});

const USERS: readonly ApiRoomUser[] = [
  { user: 'Me@198.51.100.1', origin: 'owner', role: 'owner', present: true, online: true },
  { user: `Anna@${ANNA}`, origin: 'contact', role: 'member', present: true, online: false },
  { user: `Boris@${BORIS}`, origin: 'contact', role: 'member', present: true, online: true },
  { user: 'ringo', origin: 'guest', role: null, present: true, online: true },
  { user: 'pete', origin: 'guest', role: 'banned', present: false, online: null },
];

function people(onModerate?: () => void): VNode {
  const contact = sampleContact();
  return (
    <RoomPeople
      room={sampleRoom()}
      users={USERS}
      hasFailed={false}
      people={{
        nameOf: () => 'Annie',
        isContact: (address) => address === ANNA,
        contactAt: (address) => (address === ANNA ? contact : undefined),
      }}
      now={NOON}
      onModerate={onModerate}
    />
  );
}

test('who is in a room is told apart: friends, strangers, guests, those kept out', (t) => {
  const text = read(people(nothing));

  t.regex(text, /You .*Annie not seen yet .*Boris online · .*not in your list .*ringo guest/);
  t.regex(text, /Kept out .*pete/);
  t.is(text.match(/Put out/g)?.length, 3);
  t.is(text.match(/Let in again/g)?.length, 1);
});

test('where another daemon hosts the room, nobody can be put out', (t) => {
  t.notRegex(read(people()), /Put out|Ban|Let in/);
});

test('what waits says for what, and what was refused why', (t) => {
  const bubble = (change: Partial<ApiWaitingRoomMessage>, isHostAway: boolean) => (
    <WaitingBubble
      message={{
        ...{ id: 'm1', message: 'hi', timestamp: iso(NOON), state: 'waiting' },
        ...{ code: null, reason: null },
        ...change,
      }}
      host="Boris"
      isHostAway={isHostAway}
      place={PLACE}
      now={NOON}
      actions={{ onTakeBack: nothing, onRetry: nothing, onEdit: nothing }}
    />
  );
  const refused = { state: 'refused', code: 'room_closed', reason: 'that room is closed' } as const;

  t.regex(read(bubble({}, false)), /waits for Boris’s daemon/);
  t.regex(read(bubble({}, true)), /waits until Boris’s daemon is back/);
  t.regex(
    read(bubble(refused, false)),
    /The host did not take it: the room is closed\. .*Try again Back to the field Give it up/,
  );
});

test('an invitation has a button, or says what is in the way', (t) => {
  const card = (state: Partial<{ room: string; isHostKnown: boolean }>, isOwn = false) => (
    <InvitationCard
      invitation={{ address: BORIS, uid: 'x', name: 'tea', invite: 'y' }}
      text="vestnik-room://…"
      isOwn={isOwn}
      actions={{
        stateOf: () => ({ host: 'Boris', room: undefined, isHostKnown: true, ...state }),
        onJoin: nothing,
      }}
    />
  );

  t.regex(read(card({})), /invited to a room tea hosted by Boris · private.* Join room/);
  t.regex(read(card({ room: 'tea@x' })), /Open the room/);
  t.regex(read(card({ isHostKnown: false })), /not in your list yet.* Add the host/);
  t.notRegex(read(card({}, true)), /Join room/);
});

test('only the host of a private room can invite', (t) => {
  const inviting = (room: ApiRoom, host?: string) => (
    <RoomInviting
      {...{ room, host }}
      name={room.name}
      guests={undefined}
      friends={[]}
      link={undefined}
      onInvite={() => Promise.resolve(true)}
      onRenew={nothing}
    />
  );

  t.regex(read(inviting(sampleMirror({ private: true }), 'Boris')), /only Boris, who hosts it/);
  t.regex(read(inviting(sampleMirror(), 'Boris')), /contact of Boris/);
  t.regex(read(inviting(sampleRoom({ private: true }))), /Make a new link/);
  t.is(read(inviting(sampleRoom({ closed: true }))), '');
});

test('whoever is in a room can leave it, and whoever is out can forget it', (t) => {
  const leaving = (room: ApiRoom) =>
    read(<RoomLeaving room={room} name={room.name} onLeave={nothing} onForget={nothing} />);

  t.is(leaving(sampleRoom()), 'Leave the room');
  t.is(leaving(sampleRoom({ joined: false })), 'Forget the room');
  t.is(leaving(sampleMirror({ sync: sampleSync({ state: 'left' }) })), 'Forget the room');
  t.is(leaving(sampleMirror({ sync: sampleSync({ state: 'refused' }) })), 'Forget the room');
  t.is(leaving(sampleMirror({ sync: sampleSync({ state: 'joining' }) })), '');
});
