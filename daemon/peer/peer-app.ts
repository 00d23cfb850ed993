import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { readText } from '../http/body.ts';
import { endAfterAnswer } from '../http/linger.ts';
import { browserGuard } from '../http/browser-guard.ts';
import { refusalOf, STATUS } from '../http/report-errors.ts';
import { RequestError } from '../http/request-error.ts';
import { canonicalHost, classifyHost, isOverlayNode } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { decodePeerFields, decodePeerRequest, type PeerAnswer } from '../wire/peer.ts';
import { StorageError } from '../../storage/errors.ts';
import type { BodyLimits } from './body-limits.ts';
import type { Caller, PeerAnswers } from './peer-answers.ts';

type Dependencies = Readonly<{
  answers: PeerAnswers;
  limits: BodyLimits;
  /** Actions that `GET` answers: only `ping`, or all of them for old clients (docs/security.md, (h)). */
  get: 'ping' | 'all';
  onDefect: (error: unknown) => void;
}>;

/** The front of the peer protocol: one endpoint, `POST /`, for daemons and for nobody else (G20). */
export function createPeerApp(deps: Dependencies): Koa {
  const router = new Router();

  router.post('/', async (ctx) => {
    const caller = callerOf(ctx.req);
    const body = await deps.limits.read(ctx.req, caller.host, readText);
    ctx.body = await deps.answers.answer(decodePeerRequest(body), caller);
  });

  router.get('/', async (ctx) => {
    const fields = fieldsOfQuery(ctx.query);
    if (deps.get !== 'all' && fields['action'] !== 'ping') {
      throw new WireError('bad_request', 'GET answers ping alone', 'action');
    }
    ctx.body = await deps.answers.answer(decodePeerFields(fields), callerOf(ctx.req));
  });

  const app = new Koa();
  app.silent = true;
  app.use(reportPeerErrors(deps.onDefect)).use(browserGuard()).use(onlyGetAndPost());
  app.use(router.routes());
  return app;
}

/** Refusals of the peer protocol: a status for HTTP, and a body that a simple client understands. */
function reportPeerErrors(onDefect: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404) answer(ctx, 404, { status: 0, error: 'not_found' });
    } catch (error) {
      const { code, headers } = refusalOf(error, onDefect);
      endAfterAnswer(ctx);
      ctx.set(headers);
      // A full disk is not the caller's mistake: it is understood, refused, and to be tried again.
      const status = error instanceof StorageError ? 200 : STATUS[code];
      answer(ctx, status, { status: 0, error: code });
    }
  };
}

function answer(ctx: Context, status: number, body: PeerAnswer): void {
  ctx.status = status;
  ctx.body = body;
}

function onlyGetAndPost(): Middleware {
  return (ctx, next) => {
    if (ctx.method === 'POST' || ctx.method === 'GET') return next();
    throw new RequestError('forbidden', 'this port is for daemons');
  };
}

function callerOf(request: IncomingMessage): Caller {
  const { remoteAddress, localAddress } = request.socket;
  const host = canonicalHost(remoteAddress);
  if (host === undefined) throw new RequestError('bad_request', 'the connection is gone');
  return { host, isProven: isProven(host, canonicalHost(localAddress)) };
}

/** Whether a packet really came through an overlay: both ends are nodes of the same one (docs/security.md, 2.3). */
function isProven(remote: string, local: string | undefined): boolean {
  if (local === undefined || classifyHost(remote) !== classifyHost(local)) return false;
  return isOverlayNode(remote) && isOverlayNode(local);
}

function fieldsOfQuery(
  query: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, unknown>> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string') fields.set(name, name === 'messages' ? parseList(value) : value);
  }
  return Object.fromEntries(fields);
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new WireError('bad_request', 'not JSON', 'messages');
  }
}
