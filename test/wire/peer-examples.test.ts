import { readFile } from 'node:fs/promises';
import test from 'ava';
import { plainMessageId } from '../../daemon/crypto/digest.ts';
import { decodePeerRequest } from '../../daemon/wire/peer.ts';

const PAGE = new URL('../../../docs/peer-protocol.md', import.meta.url);

test('every request that the documentation shows can be decoded', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const requests = blocks.filter((block) => /"action": "(?!pong)/.test(block));

  t.is(requests.length, 6);
  for (const request of requests) t.notThrows(() => decodePeerRequest(request), request);
});

test('the id that the documentation shows is the one of its message', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const id = plainMessageId({
    from: '203.0.113.7',
    to: 'fc92::7b04',
    wireTimestamp: '2026-11-20T12:00:00.000Z',
    message: 'привет',
  });

  t.true(page.includes(`has the id \`${id}\``));
});
