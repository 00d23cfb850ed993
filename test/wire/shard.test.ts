import { readFile } from 'node:fs/promises';
import { crc32 as referenceCrc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { WireError } from '../../daemon/wire/check.ts';
import { decodeClusterMail, encodeClusterMail } from '../../daemon/wire/cluster.ts';
import { crc32, elsewhere, parseOrigin, shardOf } from '../../daemon/wire/shard.ts';

test('every vector in docs/turntable.md holds', async (t) => {
  const page = await readFile('docs/turntable.md', 'utf8');
  const rows = [
    ...page.matchAll(/^\| `([^`]+)` +\| +`(-?\d+)` \| +`(\d)` \| +`(\d)` \| +`(\d)` \|$/gm),
  ];

  t.is(rows.length, 7);
  for (const [, id = '', crc, ...homes] of rows) {
    t.is(crc32(id), Number(crc), id);
    t.deepEqual(
      [2, 3, 7].map((count) => shardOf(id, count)),
      homes.map(Number),
      id,
    );
  }
});

test('the checksum is CRC-32 of the UTF-8 bytes, signed', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => crc32(text) === (referenceCrc32(text) | 0),
    ),
  );
  t.is(crc32(''), 0);
});

test('every id has one home, and only the others send it there', (t) => {
  const servers = ['http://a.example', 'http://b.example', 'http://c.example'];
  const home = shardOf('lobby', servers.length);

  for (const self of servers.keys()) {
    t.is(elsewhere({ servers, self }, 'lobby'), self === home ? undefined : servers[home]);
  }
  t.is(elsewhere({ servers: [], self: 0 }, 'lobby'), undefined);
});

test('an origin has one spelling', (t) => {
  t.is(parseOrigin(' WS://A.Example:08000/ '), 'ws://a.example:8000');
  t.is(parseOrigin('https://b.example:443'), 'https://b.example');
  t.is(parseOrigin('http://[200:1::2]:80'), 'http://[200:1::2]');
  for (const text of [
    'a.example',
    'ftp://a.example',
    'http://a.example/chats',
    'http://a@b',
    'http://a:0',
  ]) {
    t.is(parseOrigin(text), undefined, text);
  }
});

test('news between servers are read as they are written, and nothing else is', (t) => {
  const users = [{ id: '1:bob', status: 'busy', at: 1, token: null }] as const;
  const envelope = { from: 1, epoch: 'e', to: null };
  const mail = [
    { ...envelope, news: { type: 'users', seq: 1, users } },
    { ...envelope, to: 2, news: { type: 'state', seq: 1, part: 0, isLast: true, users } },
    { ...envelope, news: { type: 'alive', seq: 1 } },
    { ...envelope, news: { type: 'tell' } },
    { ...envelope, news: { type: 'bye' } },
    { ...envelope, news: { type: 'invite', to: '1:bob', channel: 'CStrike', from: '1:ann' } },
  ] as const;

  for (const one of mail) t.deepEqual(decodeClusterMail(encodeClusterMail(one)), one);
  for (const news of [
    { type: 'users', seq: -1, users: [] },
    { type: 'users', seq: 1, users: [{ ...users[0], id: '0:203.0.113.7' }] },
    { type: 'users', seq: 1, users: Array.from({ length: 1001 }, () => users[0]) },
    { type: 'invite', to: '1:bob', channel: '', from: '1:ann' },
    { type: 'shout' },
  ]) {
    const text = JSON.stringify({ ...envelope, news });
    t.throws(() => decodeClusterMail(text), { instanceOf: WireError }, text.slice(0, 80));
  }
});
