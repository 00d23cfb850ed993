/** `/api/me`: whose daemon this is. */
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
    ctx.body = viewOwner(domain, connectionOf(ctx.req.socket));
  });

  router.patch('/', async (ctx) => {
    const { nick, status, settings } = await readJson(ctx.req, PatchMeRequest);
    await owner.change(given({ nick, status, settings: settings && given(settings) }));
    ctx.body = viewOwner(domain, connectionOf(ctx.req.socket));
  });

  router.post('/rekey', async (ctx) => {
    await rekeying.begin();
    ctx.body = viewOwner(domain, connectionOf(ctx.req.socket));
  });

  return router;
}
