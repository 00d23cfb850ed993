/** Errors become answers here and nowhere else: `{error: {code, message}}` with the code's status. */
import { answerJson } from './answer-json.ts';
import type { Context, Middleware } from 'koa';
import { StorageError } from '../../storage/errors.ts';
import { DomainError } from '../domain/errors.ts';
import { WireError } from '../wire/check.ts';
import type { ApiErrorCode, ErrorBody } from '../wire/gui-api.ts';
import { endAfterAnswer } from './linger.ts';
import { RequestError } from './request-error.ts';

/** Each code's HTTP status. A code without one does not compile. */
export const STATUS: Readonly<Record<ApiErrorCode, number>> = {
  moved: 307,
  bad_request: 400,
  bad_address: 400,
  unauthorized: 401,
  forbidden: 403,
  password_needed: 403,
  not_found: 404,
  method_not_allowed: 405,
  contact_exists: 409,
  id_conflict: 409,
  not_cancellable: 409,
  not_askable: 409,
  identity_changed: 409,
  rekey_under_way: 409,
  room_exists: 409,
  room_closed: 403,
  room_private: 403,
  room_full: 403,
  banned: 403,
  name_taken: 409,
  creation_refused: 403,
  not_member: 409,
  still_joined: 409,
  too_many_waits: 429,
  too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  too_many_requests: 429,
  internal: 500,
  storage_failed: 500,
  storage_full: 507,
};

/** What a front may tell about an error. */
export type Refusal = Readonly<{
  code: ApiErrorCode;
  message: string;
  headers: Readonly<Record<string, string>>;
}>;

const NO_HEADERS = {};

/**
 * What to tell about an error.
 *
 * @param onDefect Hears of what is nobody's fault but ours; the answer to it gives nothing away.
 */
export function refusalOf(error: unknown, onDefect: (error: unknown) => void): Refusal {
  if (error instanceof RequestError) return error;
  if (error instanceof WireError || error instanceof DomainError) {
    return { code: error.code, message: error.message, headers: NO_HEADERS };
  }
  onDefect(error);
  if (error instanceof StorageError) {
    const code = error.code === 'storage_full' ? 'storage_full' : 'storage_failed';
    return { code, message: STORAGE_SENTENCES[code], headers: NO_HEADERS };
  }
  return { code: 'internal', message: 'something broke here', headers: NO_HEADERS };
}

/** Paths on the disk are nobody's business on the network, so these stand for the error's own sentence. */
const STORAGE_SENTENCES = {
  storage_full: 'the disk is full; nothing was kept',
  storage_failed: 'the disk does not take it; nothing was kept',
} as const;

/** Answers whatever the rest throws. A request under a foreign name gets no body (G2). */
export function reportErrors(onDefect: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      answerRefusal(ctx, refusalOf(error, onDefect));
    }
  };
}

function answerRefusal(ctx: Context, { code, message, headers }: Refusal): void {
  endAfterAnswer(ctx);
  ctx.set(headers);
  ctx.status = STATUS[code];
  if (code === 'misdirected') ctx.body = '';
  else answerJson(ctx, { error: { code, message } } satisfies ErrorBody);
}

/** Errors that only mean that somebody hung up. */
const GONE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Passes on what koa could not send, unless it is because nobody is there any more to take it. */
export function unlessGone(onDefect: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && GONE.has(error.code))) onDefect(error);
  };
}
