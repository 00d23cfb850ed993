/** `/api/search`: messages of conversations, and of rooms, that have certain words. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import {
  countWords,
  parseQuery,
  QUERY_MAX_WORDS,
  type SearchQuery,
} from '../domain/search-query.ts';
import type { Contact } from '../domain/model.ts';
import type { SearchPage } from '../domain/search.ts';
import { parseAddress } from '../wire/address.ts';
import { SEARCH_MAX_LENGTH, type ApiFound } from '../wire/gui-api.ts';
import { given } from './given.ts';
import { limitIn, type GuiContext, type GuiState } from './gui-context.ts';
import type { GuiDomain } from './gui-domain.ts';
import { roomCalled } from './room-title.ts';
import { viewFoundInRoom } from './room-views.ts';
import { surroundingsOf, viewFound, type Surroundings } from './views.ts';

export function searchRoutes(domain: GuiDomain): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/search' });

  router.get('/', async (ctx) => {
    const address = textIn(ctx, 'address');
    const title = textIn(ctx, 'room');
    if (address !== undefined && title !== undefined) {
      throw new RequestError('bad_request', 'a search is in one conversation or in one room');
    }
    const page = await domain.search.find({
      query: queryIn(ctx),
      limit: limitIn(ctx),
      signal: goneSignal(ctx),
      ...given({
        address: address === undefined ? undefined : parseAddress(address),
        room: title === undefined ? undefined : roomCalled(title, domain).uid,
        before: beforeIn(ctx),
      }),
    });
    if (page.next !== undefined) ctx.set('Link', linkToNext(ctx, page.next));
    answerJson(ctx, viewPage(domain, page));
  });

  return router;
}

function viewPage(domain: GuiDomain, { found }: SearchPage): readonly ApiFound[] {
  const known = new Map<Contact, Surroundings>();
  return found.map((one) => {
    if ('said' in one) return viewFoundInRoom(one);
    const surroundings = known.get(one.contact) ?? surroundingsOf(domain, one.contact);
    known.set(one.contact, surroundings);
    return viewFound(one, surroundings);
  });
}

function queryIn(ctx: GuiContext): SearchQuery {
  const text = textIn(ctx, 'q')?.trim() ?? '';
  if (text === '') throw new RequestError('bad_request', 'q says what to look for');
  if (text.length > SEARCH_MAX_LENGTH) {
    throw new RequestError('bad_request', `q has at most ${SEARCH_MAX_LENGTH} characters`);
  }
  const query = parseQuery(text);
  if (countWords(query) > QUERY_MAX_WORDS) {
    throw new RequestError('bad_request', `q has at most ${QUERY_MAX_WORDS} words`);
  }
  return query;
}

function beforeIn(ctx: GuiContext): number | undefined {
  const text = textIn(ctx, 'before');
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new RequestError('bad_request', 'before is a message’s s');
  return Number(text);
}

function textIn({ query }: GuiContext, name: string): string | undefined {
  const text = query[name];
  if (Array.isArray(text)) throw new RequestError('bad_request', `${name} is given twice`);
  return text;
}

/** The same search, from where this page ended. */
function linkToNext(ctx: GuiContext, before: number): string {
  const { path } = ctx;
  const next = new URLSearchParams();
  for (const name of ['q', 'address', 'room', 'limit']) {
    const text = textIn(ctx, name);
    if (text !== undefined) next.set(name, text);
  }
  next.set('before', String(before));
  return `<${path}?${next.toString()}>; rel="next"`;
}

/** Aborts when nobody is there any more to take the answer. */
function goneSignal({ res }: GuiContext): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return gone.signal;
}
