/** `/api/links`: contact links to give away. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import type { ContactLinks } from '../domain/contact-links.ts';
import type { ApiPublicLink } from '../wire/gui-api.ts';
import type { GuiState } from './gui-context.ts';
import { viewLink } from './views.ts';

export function linksRoutes(links: ContactLinks): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/links' });

  router.get('/', (ctx) => {
    answerJson(ctx, { link: links.own() } satisfies ApiPublicLink);
  });

  router.post('/', async (ctx) => {
    ctx.status = 201;
    answerJson(ctx, viewLink(await links.issue()));
  });

  return router;
}
