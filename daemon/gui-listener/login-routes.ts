/** `/api/login` and what belongs to it: how a browser gets in, and how it opens its WebSocket. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { RequestError } from '../http/request-error.ts';
import { canonicalHost, originOf } from '../wire/address.ts';
import { LoginRequest, SetPasswordRequest } from '../wire/gui-requests.ts';
import { callerIn, readJson, type GuiContext, type GuiState } from './gui-context.ts';
import type { Login } from './login.ts';

/** `POST /api/login`, the one call that needs no token. */
export function loginRoutes(login: Login): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/login' });

  router.post('/', async (ctx) => {
    const request = await readJson(ctx.req, LoginRequest);
    const agent = ctx.get('User-Agent');
    const token =
      'ticket' in request
        ? await login.loginByTicket(request.ticket, agent)
        : await login.loginByPassword(request.password, guesserOf(ctx), agent);
    answerJson(ctx, { token });
  });

  return router;
}

/** `POST /api/ws-ticket`. */
export function socketTicketRoutes(login: Login): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/ws-ticket' });

  router.post('/', (ctx) => {
    answerJson(ctx, { ticket: login.createSocketTicket(callerIn(ctx)) });
  });

  return router;
}

/**
 * `POST /api/login-link`: a fresh link for one browser. Only for whoever can read the token file.
 *
 * @param guiUrl The listener's own URL, once it is bound.
 */
export function loginLinkRoutes(login: Login, guiUrl: () => string): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/login-link' });

  router.post('/', requireProgram, (ctx) => {
    answerJson(ctx, { url: loginLink(guiUrl(), login.createTicket()) });
  });

  return router;
}

/** `PUT /api/password`: sets the password and logs every browser out. Only for whoever can read the token file. */
export function passwordRoutes(login: Login): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/password' });

  router.put('/', requireProgram, async (ctx) => {
    const { password } = await readJson(ctx.req, SetPasswordRequest);
    await login.setPassword(password);
    ctx.status = 204;
  });

  return router;
}

/** The link that logs a browser in. The ticket is in the fragment, which browsers neither send nor log. */
export function loginLink(guiUrl: string, ticket: string): string {
  return `${guiUrl}/#t=${ticket}`;
}

const requireProgram: Middleware<GuiState> = (ctx, next) => {
  if (ctx.state.caller?.kind !== 'program') {
    throw new RequestError('forbidden', 'only the command line may do this');
  }
  return next();
};

/** Who guesses, for the throttle. */
export function guesserOf(ctx: GuiContext): string {
  return originOf(canonicalHost(ctx.req.socket.remoteAddress) ?? '');
}
