import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import Koa, { type Middleware, type ParameterizedContext } from 'koa';
import { decodeBody } from '../http/body.ts';
import { endAfterAnswer } from '../http/linger.ts';
import { browserGuard } from '../http/browser-guard.ts';
import { refusalOf, STATUS } from '../http/report-errors.ts';
import { RequestError } from '../http/request-error.ts';
import { WireError } from '../wire/check.ts';
import { HOP_AUTH_HEADER } from '../wire/e2e.ts';
import { decodePeerFields, decodePeerRequest, type PeerRequest } from '../wire/peer.ts';
import type { PeerAnswer } from '../wire/peer-answer.ts';
import { StorageError } from '../../storage/errors.ts';
import { requireFits, type BodyLimits } from './body-limits.ts';
import { arrive, proofOf, type Arrival, type ArrivalDependencies } from './arrival.ts';
import { answerHeader, type ProvenHop } from './hop-proof.ts';
import { Overloaded } from './overloaded.ts';
import { roomSyncRoutes, type RoomSyncDependencies } from './room-sync-routes.ts';
import type { PeerAnswers } from './peer-answers.ts';

type Dependencies = ArrivalDependencies &
  Readonly<{
    answers: PeerAnswers;
    roomSync: RoomSyncDependencies;
    limits: BodyLimits;
    /** Actions that `GET` answers: only `ping`, or all of them for old clients (docs/security.md, (h)). */
    get: 'ping' | 'all';
    onDefect: (error: unknown) => void;
  }>;

/** Who proved to have sent the request: to him the answer is proven in return. */
type PeerState = { proven?: ProvenHop | undefined };
type PeerContext = ParameterizedContext<PeerState>;

const NO_BODY = Buffer.alloc(0);

/** The front of the peer protocol: one endpoint, `POST /`, for daemons and for nobody else (G20). */
export function createPeerApp(deps: Dependencies): Koa<PeerState> {
  const router = new Router<PeerState>();

  router.post('/', async (ctx) => {
    const arrival = arrive(ctx.req, deps);
    const answer = await deps.limits.withBody(ctx.req, arrival.seemsContact, (body) => {
      ctx.state.proven = proofOf(ctx.req, arrival, body);
      const request = understand(ctx, arrival, () => {
        const decoded = decodePeerRequest(decodeBody(body));
        requireFits(decoded, body.byteLength);
        return decoded;
      });
      return answerTo(request, ctx, arrival, body.byteLength);
    });
    answerJson(ctx, answer);
  });

  router.get('/', async (ctx) => {
    const arrival = arrive(ctx.req, deps);
    ctx.state.proven = proofOf(ctx.req, arrival, NO_BODY);
    const request = understand(ctx, arrival, () => {
      const fields = fieldsOfQuery(ctx.query);
      if (deps.get === 'all' || fields['action'] === 'ping') return decodePeerFields(fields);
      throw new WireError('bad_request', 'GET answers ping alone', 'action');
    });
    answerJson(ctx, await answerTo(request, ctx, arrival, 0));
  });

  function answerTo(
    request: PeerRequest,
    { state: { proven } }: PeerContext,
    { host, isHostProven, visit }: Arrival,
    sizeBytes: number,
  ): Promise<PeerAnswer> {
    const caller = { host, isHostProven, proven: proven?.contact, sizeBytes, visit };
    return deps.answers.answer(request, caller);
  }

  const app = new Koa<PeerState>();
  app.silent = true;
  app.use(proveAnswers()).use(reportPeerErrors(deps.onDefect));
  app.use(browserGuard()).use(onlyGetAndPost());
  app.use(router.routes()).use(roomSyncRoutes(deps.roomSync).routes());
  return app;
}

/** Decodes a request. Whoever makes no sense and has proven nothing pays like a stranger, also on a contact's host. */
function understand(
  { state: { proven } }: PeerContext,
  { visit }: Pick<Arrival, 'visit'>,
  decode: () => PeerRequest,
): PeerRequest {
  try {
    return decode();
  } catch (error) {
    if (proven === undefined) visit.countStranger();
    throw error;
  }
}

/** Makes the bytes of every answer here, the outermost place, and proves them to whoever proved itself (E13). */
function proveAnswers(): Middleware<PeerState> {
  return async (ctx, next) => {
    await next();
    const body = ctx.body instanceof Buffer ? ctx.body : Buffer.from(String(ctx.body ?? ''));
    ctx.body = body;
    const { proven } = ctx.state;
    if (proven === undefined) return;
    ctx.set(HOP_AUTH_HEADER, answerHeader(proven, { status: ctx.status, body }));
  };
}

/** Refusals of the peer protocol: a status for HTTP, and a body that a simple client understands. */
function reportPeerErrors(onDefect: (error: unknown) => void): Middleware<PeerState> {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404) answer(ctx, 404, { status: 0, error: 'not_found' });
    } catch (error) {
      if (error instanceof Overloaded) {
        endAfterAnswer(ctx);
        answer(ctx, 503, { status: 0, error: 'busy' });
        return;
      }
      const { code, headers } = refusalOf(error, onDefect);
      endAfterAnswer(ctx);
      ctx.set(headers);
      // A full disk is not the caller's mistake: it is understood, refused, and to be tried again.
      const status = error instanceof StorageError ? 200 : STATUS[code];
      answer(ctx, status, { status: 0, error: code });
    }
  };
}

function answer(ctx: PeerContext, status: number, body: PeerAnswer): void {
  ctx.status = status;
  answerJson(ctx, body);
}

function onlyGetAndPost(): Middleware {
  return (ctx, next) => {
    if (ctx.method === 'POST' || ctx.method === 'GET') return next();
    throw new RequestError('forbidden', 'this port is for daemons');
  };
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
