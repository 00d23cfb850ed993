/** Lets another listener of the owner's ask who comes in, so that there is one login for all (G5, G6). */
import type Router from '@koa/router';
import type { Middleware } from 'koa';
import { jsonBodyGuard } from '../http/body.ts';
import type { SocketDoor } from '../http/owner-sockets.ts';
import { RequestError } from '../http/request-error.ts';
import { callerOfUpgrade } from './bearer.ts';
import { API, loginGuard } from './gui-app.ts';
import type { GuiState } from './gui-context.ts';
import type { Login } from './login.ts';
import { loginLink, loginRoutes, socketTicketRoutes } from './login-routes.ts';

/** The owner's login, as a front without one needs it. */
export function openDoor(login: Login) {
  return {
    rules: [
      jsonBodyGuard({}),
      loginGuard(login),
      routesOf(loginRoutes(login)),
      routesOf(socketTicketRoutes(login)),
      refuseOtherCalls,
    ],
    linkTo: (url: string) => loginLink(url, login.createTicket()),
    ...socketDoor(login),
  };
}

/** The owner's login, as WebSockets need it. */
export function socketDoor(login: Login): SocketDoor {
  return {
    admit: (request) => {
      const caller = callerOfUpgrade(request, login);
      if (typeof caller === 'number') return caller;
      return { session: caller.kind === 'browser' ? caller.sessionId : undefined };
    },
    onSessionEnd: (listener) => login.onSessionEnd(listener),
  };
}

function routesOf(router: Router<GuiState>): Middleware<GuiState> {
  // The router puts its own members on the context before it uses them.
  return router.routes() as Middleware<GuiState>;
}

const refuseOtherCalls: Middleware<GuiState> = (ctx, next) => {
  if (ctx.path.startsWith(API)) throw new RequestError('not_found', 'there is nothing here');
  return next();
};
