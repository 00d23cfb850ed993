/** Which server of a cluster has what, over HTTP (docs/turntable.md#sharding). */
import type { ParameterizedContext, Middleware } from 'koa';
import { RequestError } from '../http/request-error.ts';
import { elsewhere, encodeShards, httpOrigin, type ShardMap } from '../wire/shard.ts';

const SHARDS_PATH = '/shards';

/** Answers `GET /shards`. */
export function answerShards(shards: ShardMap): Middleware {
  return (ctx, next) => {
    if (ctx.path !== SHARDS_PATH) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      throw new RequestError('method_not_allowed', 'this is only for reading', {
        Allow: 'GET, HEAD',
      });
    }
    ctx.body = encodeShards(shards);
    return undefined;
  };
}

/**
 * Sends a request on to the server where its room lives, if that is another one.
 *
 * @throws {RequestError} `moved`.
 */
export function sendHome(
  { path, search }: Pick<ParameterizedContext, 'path' | 'search'>,
  shards: ShardMap,
  channel: string,
): void {
  const server = elsewhere(shards, channel);
  if (server === undefined) return;
  throw new RequestError('moved', `${channel} is at another server`, {
    Location: httpOrigin(server) + path + search,
  });
}
