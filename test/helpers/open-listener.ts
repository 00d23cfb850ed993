import type { ExecutionContext } from 'ava';
import Koa, { type Middleware } from 'koa';
import { parseListenTarget } from '../../daemon/http/listen.ts';
import { openListener, type Listener, type ListenerOptions } from '../../daemon/http/server.ts';

/** Serves middleware on a port of its own; it ends with the test. */
export async function serve(
  t: ExecutionContext,
  middleware: readonly Middleware[],
  options: Partial<ListenerOptions> = {},
): Promise<Listener> {
  const app = new Koa();
  app.on('error', (error) => t.log(error));
  for (const one of middleware) app.use(one);
  const answer = app.callback();
  const listener = await openListener({
    target: parseListenTarget('127.0.0.1:0'),
    maxConnections: 512,
    handleRequest: (request, response) => void answer(request, response),
    onDefect: (error) => t.log(error),
    ...options,
  });
  t.teardown(() => listener.close());
  return listener;
}
