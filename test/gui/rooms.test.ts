import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import { formatRoomLink } from '../../daemon/wire/room-link.ts';
import type { ApiWaitingRoomMessage } from '../../daemon/wire/rooms-api.ts';
import {
  filterRows,
  isSilent,
  listConversations,
  listRowKey,
  listRowName,
  listRowPath,
  type ListSources,
} from '../../gui/src/stores/conversation-list.ts';
import { createRoomsStore } from '../../gui/src/stores/rooms-store.ts';
import { previewText, readInvitation } from '../../gui/src/text/invitation.ts';
import { judgeRoom, isRoomName } from '../../gui/src/text/room-title.ts';
import {
  canInviteTo,
  canSpeak,
  draftOfRoom,
  equalityOf,
  guestAddress,
  personOf,
  refusalText,
  standingOf,
} from '../../gui/src/text/room.ts';
import {
  ANNA,
  BORIS,
  iso,
  ME,
  NOON,
  sampleContact,
  sampleMirror,
  sampleRoom,
  sampleSaid,
  sampleSync,
  TEA,
} from './fakes.ts';
import { createWords } from './words.ts';

const SOURCES: ListSources = {
  ...{ people: [], conversations: new Map(), drafts: new Map(), outbox: [] },
  ...{ rooms: [], roomOutbox: [] },
};
const PEOPLE = { nameOf: () => 'Annie', isContact: (address: string) => address === ANNA };
const SURROUNDINGS = {
  own: [ME],
  isContact: (address: string) => address === BORIS,
  rooms: new Map([[TEA, sampleMirror()]]),
};

test('rooms follow their topic, and one that moved with its host is found', (t) => {
  const rooms = createRoomsStore();
  t.false(rooms.isLoaded.value);

  rooms.apply({ type: 'set', value: { [TEA]: sampleMirror(), broken: { room: 1 } } });
  t.deepEqual([...rooms.byTitle.value.keys()], [TEA]);
  const moved = sampleMirror({ room: `tea@${ANNA}`, host: ANNA });
  rooms.apply({ type: 'pop', key: TEA });
  rooms.apply({ type: 'add', key: moved.room, value: moved });

  t.is(rooms.titleOf(TEA), moved.room);
  t.is(rooms.titleOf('nobody'), 'nobody');
});

test('what waits for a host is there before the topic tells', (t) => {
  const rooms = createRoomsStore();
  const message: ApiWaitingRoomMessage = {
    ...{ id: 'm1', message: 'hi', timestamp: iso(NOON) },
    ...{ state: 'waiting', code: null, reason: null },
  };
  rooms.put(sampleMirror());
  rooms.put(sampleRoom());

  rooms.putWaiting(TEA, message);
  rooms.putWaiting(TEA, message);
  rooms.putWaiting('lobby', message);

  t.is(rooms.byTitle.value.get(TEA)?.sync?.waiting.length, 1);
  t.is(rooms.byTitle.value.get('lobby')?.sync, null);
});

test('rooms and conversations are one list, the latest first', (t) => {
  const rows = listConversations({
    ...SOURCES,
    people: [sampleContact()],
    rooms: [
      sampleMirror({ last: sampleSaid(9), unread: 4, muted: true }),
      sampleRoom({ created: iso(NOON - 5000) }),
    ],
    drafts: new Map([['lobby', 'half']]),
  });

  t.deepEqual(rows.map(listRowName), ['tea', 'Anna', 'lobby']);
  t.deepEqual(
    rows.map(({ unread, draft }) => [unread, draft]),
    [
      [4, ''],
      [0, ''],
      [0, 'half'],
    ],
  );
  t.deepEqual(rows.map(isSilent), [true, false, false]);
  t.is(new Set(rows.map(listRowKey)).size, 3);
  t.is(rows[2] && listRowPath(rows[2]), '/r/lobby');
  t.deepEqual(filterRows(rows, 'te').map(listRowName), ['tea']);
  t.deepEqual(filterRows(rows, BORIS).map(listRowName), ['tea']);
});

test('what is being said brings its room up', (t) => {
  const item = { id: 'm1', to: 'lobby', message: 'hi', at: NOON + 60_000, refusal: undefined };

  const rows = listConversations({
    ...SOURCES,
    people: [sampleContact()],
    rooms: [sampleRoom({ created: iso(NOON - 5000) })],
    roomOutbox: [item],
  });

  t.is(rows[0]?.sending, item);
});

test('a room that is called like an address has a draft of its own', (t) => {
  t.is(draftOfRoom('tea'), 'tea');
  t.not(draftOfRoom('203.0.113.7'), '203.0.113.7');
});

test('contacts go by the names that the owner gave them, others by their own', (t) => {
  t.deepEqual(personOf(`Anna@${ANNA}`, 'contact', PEOPLE), {
    ...{ name: 'Annie', address: ANNA, isGuest: false },
  });
  t.like(personOf(`Boris@${BORIS}`, 'contact', PEOPLE), { name: 'Boris', isGuest: false });
  t.like(personOf('Annie', 'guest', PEOPLE), { name: 'Annie', address: undefined, isGuest: true });
});

test('a guest is a guest, whatever the name looks like', (t) => {
  t.like(personOf(`Anna@${ANNA}`, 'guest', PEOPLE), { address: undefined, isGuest: true });
});

const standings = [
  { room: sampleRoom(), standing: 'in', speaks: true, invites: true },
  { room: sampleRoom({ joined: false }), standing: 'out', speaks: false, invites: false },
  { room: sampleRoom({ closed: true }), standing: 'in', speaks: false, invites: false },
  { room: sampleRoom({ private: true }), standing: 'in', speaks: true, invites: true },
  { room: sampleMirror(), standing: 'in', speaks: true, invites: true },
  { room: sampleMirror({ private: true }), standing: 'in', speaks: true, invites: false },
  {
    room: sampleMirror({ joined: false, sync: sampleSync({ state: 'joining' }) }),
    ...{ standing: 'joining', speaks: true, invites: false },
  },
  {
    room: sampleMirror({ joined: false, sync: sampleSync({ state: 'refused' }) }),
    ...{ standing: 'refused', speaks: false, invites: false },
  },
  {
    room: sampleMirror({ sync: sampleSync({ state: 'left' }) }),
    ...{ standing: 'out', speaks: false, invites: false },
  },
] as const;
test('how one stands with a room says what one can do in it', (t) => {
  for (const { room, standing, speaks, invites } of standings) {
    t.deepEqual(
      [standingOf(room), canSpeak(room), canInviteTo(room)],
      [standing, speaks, invites],
      JSON.stringify(room),
    );
  }
});

const equalities = [
  [sampleRoom(), 'own'],
  [sampleMirror(), 'equal'],
  [sampleMirror({ sync: sampleSync({ state: 'behind' }) }), 'behind'],
  [sampleMirror({ sync: sampleSync({ away: true }) }), 'away'],
  [sampleMirror({ sync: sampleSync({ state: 'behind', away: true }) }), 'awayBehind'],
  [sampleMirror({ sync: sampleSync({ state: 'behind', away: true, checked: null }) }), 'unknown'],
  [sampleMirror({ joined: false, sync: sampleSync({ state: 'joining' }) }), undefined],
] as const;
test('equal is said only of what is known to be equal', (t) => {
  for (const [room, equality] of equalities) t.is(equalityOf(room), equality);
});

test('why a host says no is said in the owner’s language where it can be', (t) => {
  const words = createWords('ru');

  const closed = { code: 'room_closed', reason: 'that room is closed' };
  t.is(refusalText(closed, words), words.t('room.reason.closed'));
  t.is(refusalText({ code: null, reason: null }, words), words.t('room.reason.unknown'));
  t.is(refusalText({ code: 'odd', reason: 'because \u202e' }, words), 'because [U+202E]');
});

test('guests are told an address at which the room can be found', (t) => {
  t.is(
    guestAddress('http://127.0.0.1:8000', ME, 'tea & cake'),
    'http://127.0.0.1:8000/chats/tea%20%26%20cake',
  );
  t.is(guestAddress('http://[::]:8000', BORIS, 'tea'), 'http://[fc92:44d1::7b04]:8000/chats/tea');
  t.is(guestAddress('http://0.0.0.0:8000', undefined, 'tea'), 'http://0.0.0.0:8000/chats/tea');
  t.is(guestAddress(undefined, ME, 'tea'), undefined);
});

test('an invitation is a room link and nothing else', (t) => {
  const link = formatRoomLink({
    ...{ address: BORIS, uid: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'tea & cake', invite: '' },
  });

  t.is(readInvitation(link)?.name, 'tea & cake');
  t.is(readInvitation(`look: ${link}`), undefined);
  t.is(readInvitation(link.slice(0, 30)), undefined);
  t.is(previewText(link, createWords('en')), 'Invitation to the room tea & cake');
  t.is(previewText('hi', createWords('en')), 'hi');
});

const link = formatRoomLink({
  ...{ address: BORIS, uid: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'kitchen', invite: '' },
});
const verdicts = [
  ['', 'empty'],
  ['tea', 'bad'],
  ['tea@nowhere', 'bad'],
  ['a/b@fc92:44d1::7b04', 'bad'],
  [` kitchen@${BORIS} `, 'good'],
  [link, 'good'],
  [link.slice(0, 20), 'bad_link'],
  [TEA, 'known'],
  [`kitchen@${ANNA}`, 'stranger'],
  [`kitchen@${ME}`, 'no_own'],
] as const;
for (const [typed, state] of verdicts) {
  test(`somebody who types “${typed}” is told: ${state}`, (t) => {
    t.is(judgeRoom(typed, SURROUNDINGS).state, state);
  });
}

test('a room of one’s own that one has left can be joined by its name', (t) => {
  const rooms = new Map([['lobby', sampleRoom({ joined: false })]]);

  t.is(judgeRoom('lobby', { ...SURROUNDINGS, rooms }).state, 'own');
  t.is(judgeRoom(`lobby@${ME}`, { ...SURROUNDINGS, rooms }).state, 'own');
});

test('a name for a room is judged while it is typed', (t) => {
  t.true(isRoomName('кухня 2'));
  t.false(isRoomName('a/b'));
  t.false(isRoomName('x'.repeat(65)));
  t.false(isRoomName(`x@${parseAddress('203.0.113.7')}`));
});
