/** `/api/sessions`: the browsers that are logged in. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import { callerIn, type GuiState } from './gui-context.ts';
import type { Login } from './login.ts';
import { viewSession } from './views.ts';

export function sessionsRoutes(login: Login): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/sessions' });

  router.get('/', (ctx) => {
    const caller = callerIn(ctx);
    const currentId = caller.kind === 'browser' ? caller.sessionId : undefined;
    answerJson(
      ctx,
      login.sessions().map((session) => viewSession(session, currentId)),
    );
  });

  router.delete('/:id', async (ctx) => {
    if (!(await login.revoke(ctx.params['id'] ?? ''))) {
      throw new RequestError('not_found', 'there is no such session');
    }
    ctx.status = 204;
  });

  return router;
}
