import { readFile } from 'node:fs/promises';
import test from 'ava';
import { WireError } from '../../daemon/wire/check.ts';
import { formatRoomLink, isRoomLink, parseRoomLink } from '../../daemon/wire/room-link.ts';

test('every room link in docs/room-sync.md is read, and written the same', async (t) => {
  const page = await readFile('docs/room-sync.md', 'utf8');
  const links = page.match(/^vestnik-room:.*$/gm) ?? [];

  t.is(links.length, 2);
  for (const link of links) {
    t.true(isRoomLink(link));
    t.is(formatRoomLink(parseRoomLink(link)), link);
  }
  t.like(parseRoomLink(links[1] ?? ''), { name: 'кухня', invite: '5jzW1uQx0lH8bKc9mT2r4Q' });
});

for (const text of [
  'vestnik-room://',
  'vestnik-room://127.0.0.1/short/lobby',
  'vestnik-room://127.0.0.1/q3Vx0mJ2S8m1o4kTqv7cGA/%zz',
  'vestnik-room://nowhere/q3Vx0mJ2S8m1o4kTqv7cGA/lobby',
  'vestnik-room://127.0.0.1/q3Vx0mJ2S8m1o4kTqv7cGA/a%2Fb',
]) {
  test(`${text} is refused`, (t) => {
    t.throws(() => parseRoomLink(text), { instanceOf: WireError });
  });
}
