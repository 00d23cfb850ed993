/** What `test/setup/test-process.ts` does for all tests. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'ava';
import fc from 'fast-check';
import { serve } from '../helpers/open-listener.ts';

test('each request has a connection of its own, which nobody closes between two of them', async (t) => {
  const asked: string[] = [];
  const { url } = await serve(t, [
    (ctx) => {
      asked.push(ctx.get('connection'));
      ctx.body = '';
    },
  ]);

  for (let n = 0; n < 3; n += 1) {
    await (await fetch(url)).text();
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    await text(response);
  }

  t.deepEqual(asked, Array(6).fill('close'));
});

test('a request that fails says why', async (t) => {
  const listener = await serve(t, []);
  await listener.close();

  await t.throwsAsync(fetch(listener.url), { message: /^fetch failed: .*ECONNREFUSED/ });
});

test('a property that does not hold says why', (t) => {
  const property = fc.property(fc.integer(), () => {
    throw new Error('the tide is out');
  });

  t.throws(() => fc.assert(property), { message: /the tide is out/ });
});
