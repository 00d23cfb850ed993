/** `/api/relay`: what we carry for others. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import type { Relay } from '../domain/relay.ts';
import { addressIn, type GuiState } from './gui-context.ts';
import { viewRelayLine } from './views.ts';
import { parseAddress } from '../wire/address.ts';

export function relayRoutes(relay: Relay): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/relay' });

  router.get('/', (ctx) => {
    answerJson(ctx, relay.ledger().map(viewRelayLine));
  });

  router.delete('/:address', async (ctx) => {
    const { from } = ctx.query;
    await relay.drop(addressIn(ctx), typeof from === 'string' ? parseAddress(from) : undefined);
    ctx.status = 204;
  });

  return router;
}
