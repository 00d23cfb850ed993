/** The hub listener's application: which rule comes before which, and who answers what. */
import type Router from '@koa/router';
import Koa, { type Middleware, type Next, type ParameterizedContext } from 'koa';
import { hostGuard, type HostState } from '../http/host-guard.ts';
import { endAfterAnswer } from '../http/linger.ts';
import { originGuard } from '../http/origin-guard.ts';
import { refusalOf, STATUS, unlessGone } from '../http/report-errors.ts';
import { RequestError } from '../http/request-error.ts';
import type { ApiErrorCode, ErrorBody } from '../wire/gui-api.ts';
import type { ShardMap } from '../wire/shard.ts';
import { answerShards } from './shards.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** Says in a word why something was refused, also where the protocol wants `false` as the body. */
const REFUSAL_HEADER = 'refusal';
/** What the source document answers with the word `false`. */
const PLAIN_NO: ReadonlySet<ApiErrorCode> = new Set(['unauthorized', 'creation_refused']);

export type HubAppOptions = Readonly<{
  wechat: Router<HostState>;
  /** The servers of the cluster; none: everything is here. */
  shards: ShardMap;
  /** Names that the listener goes by; `undefined`: by any, because everybody can reach it anyway. */
  hostNames: readonly string[] | undefined;
  onDefect: (error: unknown) => void;
}>;

/** The rules in their order, then whoever answers. */
export function createHubApp({
  wechat,
  shards,
  hostNames,
  onDefect,
}: HubAppOptions): Koa<HostState> {
  const app = new Koa<HostState>();
  app.on('error', unlessGone(onDefect));
  app.use(plainHeaders());
  app.use(reportHubErrors(onDefect));
  if (hostNames !== undefined) app.use(hostGuard(hostNames));
  app.use(originGuard(hostNames ?? []));
  app.use(answerShards(shards));
  app.use(routesOf(wechat));
  return app;
}

/** Every answer is JSON, and none is kept by anybody on the way. */
function plainHeaders(): Middleware {
  return (ctx, next) => {
    ctx.res.setHeader('Content-Type', JSON_TYPE);
    ctx.res.setHeader('X-Content-Type-Options', 'nosniff');
    ctx.res.setHeader('Cache-Control', 'no-store');
    return next();
  };
}

function reportHubErrors(onDefect: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { code, message, headers } = refusalOf(error, onDefect);
      endAfterAnswer(ctx);
      ctx.set({ ...headers, [REFUSAL_HEADER]: code });
      ctx.status = STATUS[code];
      const body: ErrorBody | false = PLAIN_NO.has(code) ? false : { error: { code, message } };
      ctx.body = code === 'misdirected' ? '' : JSON.stringify(body);
    }
  };
}

/** The routes, and the refusal of whatever they do not know. */
function routesOf(router: Router<HostState>): Middleware<HostState> {
  // The router puts its own members on the context before it uses them.
  const routes = router.routes() as (ctx: ParameterizedContext<HostState>, next: Next) => unknown;
  return (ctx) =>
    routes(ctx, async () => {
      const matching = router.stack.filter((layer) => layer.match(ctx.path));
      if (matching.length === 0) throw new RequestError('not_found', 'there is nothing here');
      const methods = new Set(matching.flatMap((layer) => layer.methods));
      throw new RequestError('method_not_allowed', 'this cannot be done with that', {
        Allow: [...methods].join(', '),
      });
    });
}
