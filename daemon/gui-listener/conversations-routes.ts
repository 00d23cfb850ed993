/** `/api/conversations`: what was written, and what becomes of it. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import type { Draft } from '../domain/writing.ts';
import type { Deleted } from '../domain/deletions.ts';
import type { StoredMessage } from '../domain/model.ts';
import type { MessageRef } from '../domain/ports.ts';
import type { Address } from '../wire/address.ts';
import { type ApiDeleted, type ApiMessage } from '../wire/gui-api.ts';
import { checkMessageSize } from '../wire/gui-limits.ts';
import { DeleteRequest, ReadRequest, SendRequest, type SendOne } from '../wire/gui-requests.ts';
import {
  addressIn,
  limitIn,
  messageIn,
  readJson,
  type GuiContext,
  type GuiState,
} from './gui-context.ts';
import { given } from './given.ts';
import type { GuiDomain } from './gui-domain.ts';
import {
  surroundingsOf,
  viewConversation,
  viewDetails,
  viewMessage,
  type Surroundings,
} from './views.ts';

export function conversationsRoutes(domain: GuiDomain): Router<GuiState> {
  const { conversations, deletions } = domain;
  const router = new Router<GuiState>({ prefix: '/api/conversations' });

  router.get('/', async (ctx) => {
    answerJson(
      ctx,
      (await conversations.list()).map((one) => viewConversation(domain, one)),
    );
  });

  router.get('/:address/messages', async (ctx) => {
    const address = addressIn(ctx);
    answerJson(ctx, viewMessages(domain, address, await conversations.page(address, pageIn(ctx))));
  });

  router.post('/:address/messages', async (ctx) => {
    const request = await readJson(ctx.req, SendRequest);
    const isBatch = 'messages' in request;
    const address = addressIn(ctx);
    const sent = await conversations.send(
      address,
      isBatch ? request.messages.map(toDraft) : [toDraft(request)],
    );
    const messages = sent.map(({ message }) => message);
    const views = viewMessages(domain, address, messages);
    ctx.status = sent.some(({ isNew }) => isNew) ? 201 : 200;
    answerJson(ctx, isBatch ? views : views[0]);
  });

  router.get('/:address/messages/:id', async (ctx) => {
    const address = addressIn(ctx);
    const { message, timeline } = await conversations.details(address, messageIn(ctx));
    answerJson(ctx, viewDetails(message, timeline, surroundingsAt(domain, address)));
  });

  router.delete('/:address/messages/:id', async (ctx) => {
    const isForBoth = ctx.query['both'] === '1';
    await deletions.remove(addressIn(ctx), [messageIn(ctx)], { isForBoth });
    ctx.status = 204;
  });

  router.delete('/:address/messages', async (ctx) => {
    await deletions.clear(addressIn(ctx));
    ctx.status = 204;
  });

  router.post('/:address/delete', async (ctx) => {
    const { ids, both: isForBoth } = await readJson(ctx.req, DeleteRequest);
    answerJson(ctx, viewDeleted(await deletions.remove(addressIn(ctx), ids, { isForBoth })));
  });

  router.post('/:address/messages/:id/retry', async (ctx) => {
    const address = addressIn(ctx);
    const message = await conversations.retry(address, messageIn(ctx));
    answerJson(ctx, viewMessage(message, surroundingsAt(domain, address)));
  });

  router.post('/:address/messages/:id/cancel', async (ctx) => {
    const address = addressIn(ctx);
    const message = await conversations.cancel(address, messageIn(ctx));
    answerJson(ctx, viewMessage(message, surroundingsAt(domain, address)));
  });

  router.post('/:address/read', async (ctx) => {
    const address = addressIn(ctx);
    const { upTo } = await readJson(ctx.req, ReadRequest);
    await conversations.markRead(address, upTo);
    answerJson(ctx, viewConversation(domain, await conversations.one(address)));
  });

  return router;
}

function surroundingsAt(domain: GuiDomain, address: Address): Surroundings {
  return surroundingsOf(domain, domain.contacts.require(address));
}

function viewMessages(
  domain: GuiDomain,
  address: Address,
  messages: readonly StoredMessage[],
): readonly ApiMessage[] {
  const surroundings = surroundingsAt(domain, address);
  return messages.map((message) => viewMessage(message, surroundings));
}

function viewDeleted({ ids, asked }: Deleted): ApiDeleted {
  return { deleted: ids, asked };
}

function toDraft({ message: text, id }: SendOne): Draft {
  checkMessageSize(text);
  return id === undefined ? { text } : { text, id };
}

type Page = Readonly<{ before?: MessageRef; after?: MessageRef; limit: number }>;

function pageIn(ctx: GuiContext): Page {
  return {
    ...given({ before: placeIn(ctx, 'before'), after: placeIn(ctx, 'after') }),
    limit: limitIn(ctx),
  };
}

/** A place in a conversation: digits are a message's `s`, anything else its `id`. */
function placeIn({ query }: GuiContext, name: 'before' | 'after'): MessageRef | undefined {
  const text = query[name];
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string') throw new RequestError('bad_request', `${name} is given twice`);
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
