/** `/api/contacts`: the address book and who wants into it. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import type { ContactChange } from '../domain/contacts.ts';
import type { Whose } from '../domain/trust.ts';
import { RequestError } from '../http/request-error.ts';
import { parseAddress, type Address } from '../wire/address.ts';
import { isContactLink, parseContactLink } from '../wire/contact-link.ts';
import type { ApiContact, PresenceSharing, RetentionPeriod } from '../wire/gui-api.ts';
import {
  AcceptContactRequest,
  AddContactRequest,
  PatchContactRequest,
  VerifyRequest,
} from '../wire/gui-requests.ts';
import { addressIn, readJson, type GuiContext, type GuiState } from './gui-context.ts';
import { given } from './given.ts';
import type { GuiDomain } from './gui-domain.ts';
import { viewAddress, viewContact, viewContacts, viewSafetyNumber } from './views.ts';

export function contactsRoutes(domain: GuiDomain): Router<GuiState> {
  const { contacts, links, trust } = domain;
  const router = new Router<GuiState>({ prefix: '/api/contacts' });

  router.get('/', (ctx) => {
    answerJson(ctx, viewContacts(domain));
  });

  router.post('/', async (ctx) => {
    const { address, nick, can_resend: canResend } = await readJson(ctx.req, AddContactRequest);
    const wishes = given({ nick, canResend });
    const { contact, isNew } = isContactLink(address)
      ? await links.add(parseContactLink(address), wishes)
      : await contacts.add({ address: parseAddress(address), ...wishes });
    ctx.status = isNew ? 201 : 200;
    answerJson(ctx, viewContact(domain, contact));
  });

  router.get('/:address', (ctx) => {
    answerJson(ctx, existing(domain, addressIn(ctx)));
  });

  router.patch('/:address', async (ctx) => {
    const change = toChange(await readJson(ctx.req, PatchContactRequest));
    answerJson(ctx, viewContact(domain, await contacts.change(addressIn(ctx), change)));
  });

  router.delete('/:address', async (ctx) => {
    const withHistory = ctx.query['history'] === '1';
    await contacts.remove(addressIn(ctx), { withHistory });
    ctx.status = 204;
  });

  router.post('/:address/accept', async (ctx) => {
    const request = await readJson(ctx.req, AcceptContactRequest);
    const { address: as, fingerprint, confirmed: isConfirmed } = request;
    const acceptance = {
      ...given({ fingerprint, isConfirmed }),
      ...(as === undefined ? {} : { as: parseAddress(as) }),
    };
    answerJson(ctx, viewContact(domain, await trust.accept(addressIn(ctx), acceptance)));
  });

  router.post('/:address/dismiss', async (ctx) => {
    await trust.dismiss(addressIn(ctx));
    ctx.status = 204;
  });

  router.get('/:address/safety-number', (ctx) => {
    answerJson(ctx, viewSafetyNumber(trust.safetyNumber(addressIn(ctx), whoseIn(ctx))));
  });

  router.post('/:address/verify', async (ctx) => {
    const { fingerprint } = await readJson(ctx.req, VerifyRequest);
    answerJson(ctx, viewContact(domain, await trust.verify(addressIn(ctx), fingerprint)));
  });

  router.delete('/:address/verify', async (ctx) => {
    answerJson(ctx, viewContact(domain, await trust.unverify(addressIn(ctx))));
  });

  router.post('/:address/plain', async (ctx) => {
    answerJson(ctx, viewContact(domain, await trust.toPlain(addressIn(ctx))));
  });

  router.post('/:address/block', async (ctx) => {
    const address = addressIn(ctx);
    await contacts.block(address);
    answerIfThere(ctx, viewAddress(domain, address));
  });

  router.post('/:address/unblock', async (ctx) => {
    const address = addressIn(ctx);
    await contacts.unblock(address);
    answerIfThere(ctx, viewAddress(domain, address));
  });

  return router;
}

function existing(domain: GuiDomain, address: Address): ApiContact {
  const view = viewAddress(domain, address);
  if (view === undefined) throw new RequestError('not_found', `there is no contact ${address}`);
  return view;
}

/** Whose number is asked for: the contact's, unless said otherwise. */
function whoseIn({ query }: GuiContext): Whose {
  const { of: whose = 'contact' } = query;
  if (whose === 'contact' || whose === 'candidate') return whose;
  throw new RequestError('bad_request', 'of is contact or candidate');
}

/** Blocking a stranger's request leaves nothing to show. */
function answerIfThere(
  ctx: Pick<GuiContext, 'status' | 'type' | 'body'>,
  view: ApiContact | undefined,
): void {
  if (view === undefined) ctx.status = 204;
  else answerJson(ctx, view);
}

type ContactPatch = Readonly<{
  nick?: string | undefined;
  can_resend?: boolean | undefined;
  relay_for?: boolean | undefined;
  relay_plain?: boolean | undefined;
  muted?: boolean | undefined;
  retention?: RetentionPeriod | 'default' | undefined;
  shares_presence?: PresenceSharing | undefined;
}>;

function toChange({ retention, ...patch }: ContactPatch): ContactChange {
  const change = given({
    nick: patch.nick,
    canResend: patch.can_resend,
    relayFor: patch.relay_for,
    relayPlain: patch.relay_plain,
    isMuted: patch.muted,
    sharesPresence: patch.shares_presence,
  });
  if (retention === undefined) return change;
  return { ...change, retention: retention === 'default' ? undefined : retention };
}
