/** `/api/me`: whose daemon this is. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import { PatchMeRequest } from '../wire/gui-requests.ts';
import { given } from './given.ts';
import type { GuiDomain } from './gui-domain.ts';
import { readJson, type GuiState } from './gui-context.ts';
import { connectionOf } from './connection.ts';
import { viewOwner } from './views.ts';

export function meRoutes(domain: Pick<GuiDomain, 'owner' | 'rekeying'>): Router<GuiState> {
  const { owner, rekeying } = domain;
  const router = new Router<GuiState>({ prefix: '/api/me' });

  router.get('/', (ctx) => {
    answerJson(ctx, viewOwner(domain, connectionOf(ctx.req.socket)));
  });

  router.patch('/', async (ctx) => {
    const { nick, status, settings } = await readJson(ctx.req, PatchMeRequest);
    await owner.change(given({ nick, status, settings: settings && given(settings) }));
    answerJson(ctx, viewOwner(domain, connectionOf(ctx.req.socket)));
  });

  router.post('/rekey', async (ctx) => {
    await rekeying.begin();
    answerJson(ctx, viewOwner(domain, connectionOf(ctx.req.socket)));
  });

  return router;
}
