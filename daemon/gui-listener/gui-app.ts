/** The gui listener's application: which rule comes before which, and who answers what. */
import type { IncomingMessage } from 'node:http';
import type Router from '@koa/router';
import Koa, { type Middleware, type Next, type ParameterizedContext } from 'koa';
import { jsonBodyGuard } from '../http/body.ts';
import { hostGuard } from '../http/host-guard.ts';
import { originGuard } from '../http/origin-guard.ts';
import { reportErrors, unlessGone } from '../http/report-errors.ts';
import { RequestError } from '../http/request-error.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { Listener } from '../http/server.ts';
import { staticFiles, type StaticFiles } from '../http/static-files.ts';
import { canonicalHost, classifyHost } from '../wire/address.ts';
import { authenticate, CHATROOM_PATH } from './bearer.ts';
import { backupRoutes } from './backup-routes.ts';
import { contactsRoutes } from './contacts-routes.ts';
import { conversationsRoutes } from './conversations-routes.ts';
import { EXPORT_TYPE, exportRoutes, IMPORT_PATH, importRoutes } from './export-routes.ts';
import type { GuiState } from './gui-context.ts';
import type { GuiDomain } from './gui-domain.ts';
import { answerHealth, answerMetrics } from './health-routes.ts';
import { linksRoutes } from './links-routes.ts';
import type { Login } from './login.ts';
import {
  loginLinkRoutes,
  loginRoutes,
  passwordRoutes,
  socketTicketRoutes,
} from './login-routes.ts';
import { meRoutes } from './me-routes.ts';
import { relayRoutes } from './relay-routes.ts';
import { roomsRoutes } from './rooms-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { sessionsRoutes } from './sessions-routes.ts';

/** What the paths of all calls begin with. */
export const API = '/api/';
const JSON_TYPE = 'application/json; charset=utf-8';

export type GuiAppOptions = Readonly<{
  domain: GuiDomain;
  login: Login;
  files: StaticFiles;
  /** Further Host values, lower-cased, with or without a port. */
  hostNames: readonly string[];
  /** The listener's own URL, once it is bound. */
  guiUrl: () => string;
  takeTime: Listener['takeTime'];
  onDefect: (error: unknown) => void;
}>;

/** Middleware whose result nobody looks at. */
type Handler = (ctx: ParameterizedContext<GuiState>, next: Next) => unknown;

/** The rules in their order (G8, G2, G3, G7, G5), then whoever answers. */
export function createGuiApp(options: GuiAppOptions): Koa<GuiState> {
  const { hostNames, login, onDefect } = options;
  const app = new Koa<GuiState>();
  app.on('error', unlessGone(onDefect));
  app.use(securityHeaders());
  app.use(reportErrors(onDefect));
  app.use(hostGuard(hostNames));
  app.use(originGuard(hostNames));
  app.use(jsonBodyGuard({ [IMPORT_PATH]: EXPORT_TYPE }));
  app.use(loginGuard(login));
  app.use(answerOf(options));
  return app;
}

/** Lets nobody in without a token, apart from what a browser needs to get one (G5). */
export function loginGuard(login: Login): Middleware<GuiState> {
  return (ctx, next) => {
    if (isOpen(ctx.path, ctx.req)) return next();
    const caller = authenticate(ctx.req, login);
    if (caller === undefined) {
      throw new RequestError('unauthorized', 'log in first', { 'WWW-Authenticate': 'Bearer' });
    }
    ctx.state.caller = caller;
    return next();
  };
}

function isOpen(path: string, request: IncomingMessage): boolean {
  if (path.startsWith(API)) return path === '/api/login';
  if (path === '/metrics') return false;
  return path !== '/healthz' || isFromLoopback(request);
}

function isFromLoopback({ socket }: IncomingMessage): boolean {
  const host = canonicalHost(socket.remoteAddress);
  return host !== undefined && classifyHost(host) === 'loopback';
}

/** Finds who answers by the first words of the path; what nobody claims is a page of the GUI. */
function answerOf({ domain, login, files, guiUrl, takeTime }: GuiAppOptions): Handler {
  const resources = new Map<string, Handler>([
    ['backup', resource(backupRoutes(domain, login))],
    ['export', resource(exportRoutes(domain))],
    ['import', resource(importRoutes(domain, takeTime))],
    ['contacts', resource(contactsRoutes(domain))],
    ['conversations', resource(conversationsRoutes(domain))],
    ['links', resource(linksRoutes(domain.links))],
    ['search', resource(searchRoutes(domain))],
    ['relay', resource(relayRoutes(domain.relay))],
    ['me', resource(meRoutes(domain))],
    ['rooms', resource(roomsRoutes(domain))],
    ['login', resource(loginRoutes(login))],
    ['login-link', resource(loginLinkRoutes(login, guiUrl))],
    ['password', resource(passwordRoutes(login))],
    ['sessions', resource(sessionsRoutes(login))],
    ['ws-ticket', resource(socketTicketRoutes(login))],
  ]);
  const pages = new Map<string, Handler>([
    ['/healthz', forReading(answerHealth(domain))],
    ['/metrics', forReading(answerMetrics(domain))],
    [CHATROOM_PATH, refuseNotUpgraded],
  ]);
  const gui: Handler = staticFiles(files);
  return (ctx, next) => {
    const { path } = ctx;
    if (!path.startsWith(API)) return (pages.get(path) ?? gui)(ctx, next);
    // Koa would look this up in its table of types for every answer.
    ctx.res.setHeader('Content-Type', JSON_TYPE);
    const name = path.slice(API.length).split('/', 1)[0] ?? '';
    return (resources.get(name) ?? refuseUnknown)(ctx, next);
  };
}

/** The routes below one word, and the refusal of whatever they do not know. */
function resource(router: Router<GuiState>): Handler {
  // The router puts its own members on the context before it uses them.
  const routes = router.routes() as Handler;
  return (ctx) =>
    routes(ctx, async () => {
      refuseUnmatched(router, ctx.path);
    });
}

function refuseUnmatched(router: Router<GuiState>, path: string): never {
  const matching = router.stack.filter((layer) => layer.match(path));
  if (matching.length === 0) return refuseUnknown();
  const methods = new Set(matching.flatMap((layer) => layer.methods));
  throw new RequestError('method_not_allowed', 'this cannot be done with that', {
    Allow: [...methods].join(', '),
  });
}

function refuseUnknown(): never {
  throw new RequestError('not_found', 'there is nothing here');
}

function refuseNotUpgraded(): never {
  throw new RequestError('bad_request', 'this is a WebSocket: ask for an upgrade');
}

function forReading(answer: Handler): Handler {
  return (ctx, next) => {
    if (ctx.method === 'GET' || ctx.method === 'HEAD') return answer(ctx, next);
    throw new RequestError('method_not_allowed', 'this is only for reading', {
      Allow: 'GET, HEAD',
    });
  };
}
