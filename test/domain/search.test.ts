import test from 'ava';
import type { NewMessage } from '../../daemon/domain/model.ts';
import { parseQuery } from '../../daemon/domain/search-query.ts';
import { placeOf, Search, type SearchRequest } from '../../daemon/domain/search.ts';
import type { WordIndex } from '../../daemon/domain/ports.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { everybody, noRooms, textOf } from '../helpers/searched-history.ts';

const MESSAGES = 260;
/** Each message is a stretch of the index by itself, and each takes so long. */
const STRETCH_MS = 100;

function compose(index: number): NewMessage {
  return {
    conversation: 1,
    id: `m${index}`,
    direction: 'in',
    from: parseAddress('fc00::1'),
    to: parseAddress('fc00::2'),
    text: `word ${index}`,
    wireTimestamp: '2026-03-01T12:00:00.000Z',
    timestamp: 0,
    receivedAt: 0,
    enctype: '',
    sequence: undefined,
    via: undefined,
  };
}

async function openSearch() {
  const clock = new FakeClock();
  const messages = new MemoryMessageStore();
  await messages.add(Array.from({ length: MESSAGES }, (_, index) => compose(index)));
  const looked: number[] = [];
  const words: WordIndex = {
    async *candidates({ before }) {
      for (let s = Math.min(MESSAGES, before - 1); s > 0; s--) {
        clock.advance(STRETCH_MS);
        looked.push(s);
        yield { places: [s], downTo: s };
      }
    },
  };
  const search = new Search({ ...noRooms, contacts: everybody, messages, words, clock });
  return { search, clock, looked };
}

function request(typed: string, more: Partial<SearchRequest> = {}): SearchRequest {
  const { signal } = new AbortController();
  return { query: parseQuery(typed), limit: 50, signal, ...more };
}

test('a search that takes long answers with what it has, and goes on from there', async (t) => {
  const { search } = await openSearch();
  const found: string[] = [];
  const sizes: number[] = [];

  let page = await search.find(request('word', { limit: 1000 }));
  for (;;) {
    sizes.push(page.found.length);
    found.push(...page.found.map(textOf));
    if (page.next === undefined) break;
    page = await search.find(request('word', { limit: 1000, before: page.next }));
  }

  t.true(sizes.length > 3 && sizes.every((size) => size > 0));
  t.deepEqual(
    found,
    Array.from({ length: MESSAGES }, (_, index) => `word ${MESSAGES - 1 - index}`),
  );
});

test('a search that finds nothing in its time says where it got to', async (t) => {
  const { search } = await openSearch();

  const { found, next } = await search.find(request('none'));

  t.deepEqual(found, []);
  t.true(next !== undefined && next > 1 && next < MESSAGES);
});

test('a search that was called off looks no further', async (t) => {
  const { search, looked } = await openSearch();
  const gone = new AbortController();
  gone.abort();

  await search.find(request('word', { signal: gone.signal }));

  t.is(looked.length, 1);
});

test('a search stops as soon as its page is full', async (t) => {
  const { search, looked } = await openSearch();

  const { found, next } = await search.find(request('word', { limit: 3 }));

  t.deepEqual(found.map(placeOf), [MESSAGES, MESSAGES - 1, MESSAGES - 2]);
  t.is(next, MESSAGES - 2);
  t.is(looked.length, 3);
});

test('without a word nothing is looked at', async (t) => {
  const { search, looked } = await openSearch();

  t.deepEqual(await search.find(request('?!')), { found: [], next: undefined });
  t.deepEqual(looked, []);
});
