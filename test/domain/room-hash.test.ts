import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { sha1Hex } from '../../daemon/crypto/digest.ts';
import {
  hashRoom,
  hashRooms,
  hashServers,
  hashServerSessions,
  hashSessions,
  roomText,
  type HashedRoom,
} from '../../daemon/domain/room-hash.ts';

const LOBBY: HashedRoom = {
  uid: 'AAAAAAAAAAAAAAAAAAAAAA',
  name: 'lobby',
  topic: 'tea | coffee \\ cake\nand more',
  isPrivate: true,
  isClosed: true,
  memberships: [
    { user: 'ringo', role: 'banned' },
    { user: 'Bob@fc00::2', role: 'member' },
    { user: 'Ann@fc00::1', role: 'admin' },
  ],
};
const KITCHEN: HashedRoom = {
  uid: 'AAAAAAAAAAAAAAAAAAAAAQ',
  ...{ name: 'кухня', topic: '', isPrivate: false, isClosed: false, memberships: [] },
};
const BOBS = ['Bobby@fc00::2', 'Bob@fc00::2'];

const VECTORS: Readonly<Record<string, string>> = {
  'A room, private': hashRoom(LOBBY),
  'A room that nobody': hashRoom(KITCHEN),
  'The sessions of a server': hashServerSessions('fc00::2', BOBS),
  'All sessions': hashSessions([
    ['fc00::2', hashServerSessions('fc00::2', BOBS)],
    ['fc00::1', hashServerSessions('fc00::1', ['Ann@fc00::1'])],
  ]),
  'All rooms': hashRooms([KITCHEN, LOBBY].map((room) => [room.uid, hashRoom(room)])),
  'No rooms': hashRooms([]),
  'The network': hashServers([
    ['fc00::2', 'Bob | Co.'],
    ['fc00::1', 'Ann'],
  ]),
};

test('every hash in docs/room-sync.md is that of its text, and ours', async (t) => {
  const page = await readFile('docs/room-sync.md', 'utf8');
  const found = [...page.matchAll(/^(.+): `([0-9a-f]{40})`\n\n```text\n([^`]+)\n```$/gm)];

  t.is(found.length, Object.keys(VECTORS).length);
  for (const [, title = '', hash = '', text = ''] of found) {
    t.is(sha1Hex(text), hash, title);
    const [, ours] = Object.entries(VECTORS).find(([start]) => title.startsWith(start)) ?? [];
    t.is(ours, hash, title);
  }
});

test('lines are sorted by code point, not by UTF-16 unit', (t) => {
  const memberships = ['\u{1f600}@fc00::1', '\uff00@fc00::1'].map((user) => {
    return { user, role: 'member' } as const;
  });

  const lines = roomText({ ...KITCHEN, memberships }).split('\n');

  t.deepEqual(
    lines.slice(1).map((line) => line.includes('\uff00')),
    [true, false],
  );
});

test('the order of members makes no other hash, any other difference does', (t) => {
  const users = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 8 });
  fc.assert(
    fc.property(users, fc.string(), (names, topic) => {
      const memberships = names.map((user) => ({ user, role: 'member' }) as const);
      const room = { ...KITCHEN, topic, memberships };
      t.is(hashRoom({ ...room, memberships: [...memberships].reverse() }), hashRoom(room));
      t.not(hashRoom({ ...room, topic: `${topic}|` }), hashRoom(room));
      t.not(
        hashRoom({ ...room, memberships: [...memberships, { user: '\n', role: 'banned' }] }),
        hashRoom(room),
      );
    }),
  );
});
