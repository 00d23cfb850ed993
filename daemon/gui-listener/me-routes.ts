/** `/api/me`: whose daemon this is. */
import Router from '@koa/router';
import type { Owner } from '../domain/owner.ts';
import { PatchMeRequest } from '../wire/gui-api.ts';
import { given } from './given.ts';
import { readJson, type GuiState } from './gui-context.ts';
import { connectionOf } from './connection.ts';
import { viewOwner } from './views.ts';

export function meRoutes(owner: Owner): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/me' });

  router.get('/', (ctx) => {
    ctx.body = viewOwner(owner, connectionOf(ctx.req.socket));
  });

  router.patch('/', async (ctx) => {
    const { nick, settings } = await readJson(ctx.req, PatchMeRequest);
    await owner.change(given({ nick, settings: settings && given(settings) }));
    ctx.body = viewOwner(owner, connectionOf(ctx.req.socket));
  });

  return router;
}
