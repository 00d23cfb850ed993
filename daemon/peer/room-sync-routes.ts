/** `/chatserver/…`: the rooms of this daemon, for daemons that mirror them. Source: docs/room-sync.md. */
import { answerJson } from '../http/answer-json.ts';
import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import type { ParameterizedContext } from 'koa';
import { isOwnBehindNat } from '../domain/address-policy.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { ForgedLines } from '../domain/forged-lines.ts';
import type { Contact } from '../domain/model.ts';
import type { Asker } from '../domain/room-claims.ts';
import type { RoomHost } from '../domain/room-host.ts';
import type { PresenceBook } from '../domain/presence.ts';
import { decodeBody } from '../http/body.ts';
import { RequestError } from '../http/request-error.ts';
import { tryParseAddress } from '../wire/address.ts';
import { decode } from '../wire/check.ts';
import { FindRoomBody, SessionsBody } from '../wire/room-sync-bodies.ts';
import { encodeCheckAnswer } from '../wire/room-sync-answer.ts';
import { decodeCheck, readAsker } from '../wire/room-sync-check.ts';
import { SYNC_WAIT_MAX_SECONDS, type RoomCheck } from '../wire/room-sync.ts';
import { arrive, proofOf, type Arrival, type ArrivalDependencies } from './arrival.ts';
import type { BodyLimits } from './body-limits.ts';
import type { ContactPressure } from './contact-pressure.ts';
import type { ProvenHop } from './hop-proof.ts';

export type RoomSyncDependencies = ArrivalDependencies &
  Readonly<{
    host: RoomHost;
    contacts: Pick<Contacts, 'byIssuedKey'>;
    presence: Pick<PresenceBook, 'heardFrom'>;
    limits: BodyLimits;
    pressure: Pick<ContactPressure, 'run'>;
    forged: ForgedLines;
    onUnproven: (contact: Contact) => void;
  }>;

type SyncState = { proven?: ProvenHop | undefined };
type SyncContext = ParameterizedContext<SyncState>;

/** Who asks, as it says itself where no header proves it. */
type Named = Readonly<{ address: string; accessKey: string }>;

const NO_BODY = Buffer.alloc(0);

export function roomSyncRoutes(deps: RoomSyncDependencies): Router<SyncState> {
  const { host, limits, pressure, forged } = deps;
  const router = new Router<SyncState>({ prefix: '/chatserver' });

  router.post('/check', async (ctx) => {
    const arrival = arrive(ctx.req, deps);
    const waitMs = waitIn(ctx);
    ctx.type = 'text/plain';
    ctx.body = await limits.withBody(ctx.req, arrival.seemsContact, async (body) => {
      const contact = identify(ctx, arrival, body, deps, () => readAsker(body.toString('utf8')));
      const check = decodeCheck(decodeBody(body));
      const refusal = refusalOf(contact, check, forged);
      if (refusal !== undefined) return Buffer.from(refusal);
      const gone = goneSignal(ctx);
      const answer = await pressure.run(contact, body.byteLength, () =>
        host.check(toAsker(contact), check, waitMs, gone),
      );
      return Buffer.from(encodeCheckAnswer(answer));
    });
  });

  router.get('/getroom/:uid', (ctx) => {
    const asker = toAsker(identifyGet(ctx, deps));
    const room = host.room(asker, ctx.params['uid'] ?? '');
    if (room === undefined) throw new RequestError('not_found', 'there is no such room');
    answerJson(ctx, room);
  });

  router.post('/findroom', async (ctx) => {
    const arrival = arrive(ctx.req, deps);
    ctx.type = 'application/json';
    ctx.body = await limits.withBody(ctx.req, arrival.seemsContact, async (body) => {
      const contact = identify(ctx, arrival, body, deps, () => namedIn(ctx.req));
      const { name, invite = '' } = decode(FindRoomBody, decodeBody(body));
      // Koa takes `null` for an answer without a body.
      return Buffer.from(JSON.stringify(host.find(toAsker(contact), name, invite) ?? null));
    });
  });

  router.get('/getsessions/:server', (ctx) => {
    identifyGet(ctx, deps);
    const server = tryParseAddress(ctx.params['server'] ?? '');
    if (server === undefined) throw new RequestError('not_found', 'there is no such server');
    answerJson(ctx, { serverUID: server, sessions: host.sessions.users(server) });
  });

  router.get('/getservers', (ctx) => {
    identifyGet(ctx, deps);
    answerJson(
      ctx,
      Array.from(host.sessions.nicks, ([serverUID, nick]) => ({ serverUID, nick })),
    );
  });

  router.post('/setsessions/:server', async (ctx) => {
    const arrival = arrive(ctx.req, deps);
    const isKept = await limits.withBody(ctx.req, arrival.seemsContact, async (body) => {
      const contact = identify(ctx, arrival, body, deps, () => namedIn(ctx.req));
      const { serverUID, sessions } = decode(SessionsBody, decodeBody(body));
      const isOwn =
        serverUID === contact.address &&
        ctx.params['server'] === serverUID &&
        sessions.every((user) => user.endsWith(`@${serverUID}`));
      if (!isOwn) {
        forged.note(contact.number, 'sessions of another server');
        throw new RequestError('forbidden', 'those are sessions of another server');
      }
      host.setSessions(toAsker(contact), sessions);
      return true;
    });
    answerJson(ctx, isKept);
  });

  return router;
}

function toAsker({ number, address, nick }: Contact): Asker {
  return { contact: number, server: address, nick };
}

/** A line that answers what somebody else should have said. */
function refusalOf(
  contact: Contact,
  { me, ownSessions }: RoomCheck,
  forged: ForgedLines,
): string | undefined {
  const asker = me === undefined ? contact.address : tryParseAddress(me.address);
  if (asker !== contact.address) {
    // Behind NAT it does not know its own address; that is no lie.
    const isMistaken = asker !== undefined && isOwnBehindNat(asker, contact.address);
    if (!isMistaken) forged.note(contact.number, 'another daemon in the line me');
    return 'no: me|you are somebody else';
  }
  if (ownSessions !== undefined && ownSessions.server !== contact.address) {
    forged.note(contact.number, 'sessions of another server');
    return 'no: ls|those are sessions of another server';
  }
  return undefined;
}

function identifyGet(ctx: SyncContext, deps: RoomSyncDependencies): Contact {
  const arrival = arrive(ctx.req, deps);
  return identify(ctx, arrival, NO_BODY, deps, () => namedIn(ctx.req));
}

/**
 * The contact that asks: by the proof in the header, or by the access key that we gave it (E12).
 *
 * @throws {RequestError} `unauthorized`; `too_many_requests`.
 */
function identify(
  ctx: SyncContext,
  arrival: Arrival,
  body: Buffer,
  deps: RoomSyncDependencies,
  named: () => Named | undefined,
): Contact {
  const proven = proofOf(ctx.req, arrival, body);
  ctx.state.proven = proven;
  const contact = proven?.contact ?? plainContact(named(), arrival, deps);
  if (contact === undefined || contact.isBlocked || contact.state !== 'established') {
    arrival.visit.countStranger();
    throw new RequestError('unauthorized', 'this is for contacts');
  }
  if (deps.forged.isCutOff(contact.number)) {
    throw new RequestError('too_many_requests', 'you said too much in the name of others');
  }
  arrival.visit.refund();
  deps.presence.heardFrom(contact);
  return contact;
}

function plainContact(
  named: Named | undefined,
  { visit }: Arrival,
  { contacts, onUnproven }: RoomSyncDependencies,
): Contact | undefined {
  if (named === undefined || named.accessKey === '') return undefined;
  const contact = contacts.byIssuedKey(named.accessKey);
  if (contact === undefined || contact.address !== tryParseAddress(named.address)) return undefined;
  if (contact.encryption !== 'dr1') return contact;
  // Counted first, so that a flood of these is cut off before it is noted (E5).
  visit.countStranger();
  onUnproven(contact);
  return undefined;
}

function namedIn({ headers }: IncomingMessage): Named | undefined {
  const { 'vestnik-address': address, 'vestnik-key': accessKey } = headers;
  if (typeof address !== 'string' || typeof accessKey !== 'string') return undefined;
  return { address, accessKey };
}

function waitIn({ query }: SyncContext): number {
  const { wait } = query;
  if (wait === undefined) return 0;
  if (typeof wait !== 'string' || !/^\d{1,2}$/.test(wait) || Number(wait) > SYNC_WAIT_MAX_SECONDS) {
    throw new RequestError('bad_request', `wait is 0 to ${SYNC_WAIT_MAX_SECONDS} seconds`);
  }
  return Number(wait) * 1000;
}

/** Aborted when whoever asked hangs up. */
function goneSignal({ res }: SyncContext): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return gone.signal;
}
