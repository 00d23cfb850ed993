/** `/chats`: rooms for clients over plain HTTP (docs/rooms.md#protocol). */
import Router, { type RouterContext } from '@koa/router';
import type { GuestSession, RoomSessions } from '../domain/room-sessions.ts';
import type { RoomEvent } from '../domain/room-model.ts';
import type { Rooms } from '../domain/rooms.ts';
import { readText } from '../http/body.ts';
import type { HostState } from '../http/host-guard.ts';
import { RequestError } from '../http/request-error.ts';
import { elsewhere, type ShardMap } from '../wire/shard.ts';
import { decodeGuestName, decodeRoomName } from '../wire/room-names.ts';
import {
  checkMessageType,
  decodeEventsRequest,
  decodeMessageBody,
  decodeMessageId,
  ID_HEADER,
  INVITE_HEADER,
  ROOM_BODY_MAX_BYTES,
  SEQNR_HEADER,
  SESSION_HEADER,
  TYPE_HEADER,
  type ListedRoom,
} from '../wire/wechat.ts';
import type { EventTexts } from './event-texts.ts';
import type { GuestLimits } from './guest-limits.ts';
import { sendHome } from './shards.ts';

export type WechatOptions = Readonly<{
  rooms: Rooms;
  guests: RoomSessions;
  limits: GuestLimits;
  texts: EventTexts;
  /** The servers of the cluster; none: every room is here. */
  shards: ShardMap;
}>;

type Context = RouterContext<HostState>;

export function wechatRoutes(options: WechatOptions): Router<HostState> {
  const { rooms, guests, limits, shards } = options;
  const router = new Router<HostState>({ prefix: '/chats' });

  router.get('/', (ctx) => {
    answer(ctx, listedRooms(rooms, shards));
  });

  router.param('channel', (channel, ctx, next) => {
    sendHome(ctx, shards, decodeRoomName(channel));
    return next();
  });

  router.put('/:channel/join/:username', async (ctx) => {
    limits.countJoin(ctx.req);
    const name = decodeGuestName(ctx.params['username'] ?? '');
    const joined = await guests.join(channelIn(ctx), name, headerIn(ctx, INVITE_HEADER));
    ctx.set({ [SESSION_HEADER]: joined.key, [SEQNR_HEADER]: String(joined.seqnr) });
    answer(ctx, joined.users);
  });

  router.put('/:channel/leave', async (ctx) => {
    const holder = guests.holder(channelIn(ctx), headerIn(ctx, SESSION_HEADER));
    if (holder === undefined) throw noSession();
    if (holder !== 'ended') await guests.leave(holder);
    answer(ctx, holder !== 'ended');
  });

  router.put('/:channel/messages', async (ctx) => {
    const guest = guestIn(ctx, guests);
    checkMessageType(headerIn(ctx, TYPE_HEADER));
    const id = decodeMessageId(headerIn(ctx, ID_HEADER));
    const body = await readText(ctx.req, ROOM_BODY_MAX_BYTES);
    limits.countMessage(ctx.req, body.length);
    const { message } = await guests.say(guest, decodeMessageBody(body), id);
    ctx.set(SEQNR_HEADER, String(message.seqnr));
    answer(ctx, true);
  });

  router.get('/:channel/directory', (ctx) => {
    answer(ctx, guests.users(guestIn(ctx, guests)));
  });

  router.get('/:channel/events', (ctx) => answerEvents(ctx, options));
  router.get('/:channel/events/:seqnr', (ctx) => answerEvents(ctx, options));
  router.get('/:channel/:seqnr', (ctx) => {
    if (!/^\d+$/.test(ctx.params['seqnr'] ?? '')) {
      throw new RequestError('not_found', 'there is nothing here');
    }
    return answerEvents(ctx, options);
  });

  return router;
}

/** Everything that guests may know of without being in it. */
function listedRooms(rooms: Rooms, shards: ShardMap): readonly ListedRoom[] {
  return rooms
    .list()
    .filter(({ host, isPrivate, isClosed }) => host === undefined && !isPrivate && !isClosed)
    .filter(({ name }) => elsewhere(shards, name) === undefined)
    .map((room) => {
      const { size: members, lastSeqnr: seqnr } = rooms.log(room);
      return { name: room.name, members, seqnr };
    });
}

async function answerEvents(ctx: Context, { guests, texts }: WechatOptions): Promise<void> {
  const guest = guestIn(ctx, guests);
  const { from, waitMs, batch } = decodeEventsRequest({
    path: ctx.params['seqnr'],
    header: headerIn(ctx, SEQNR_HEADER),
    since: ctx.query['since'],
    wait: ctx.query['wait'],
    batch: ctx.query['batch'],
  });
  if (from !== undefined) guests.seek(guest, from);
  let events = await guests.take(guest, batch ?? 1);
  if (events.length === 0 && waitMs > 0) {
    await waitForEvents(ctx, guest, { guests, waitMs });
    if (ctx.res.destroyed) return;
    if (!guests.isHere(guest)) throw noSession();
    events = await guests.take(guest, batch ?? 1);
  }
  const [first] = events;
  if (first === undefined) {
    ctx.status = 204;
    return;
  }
  giveBackUnsent(ctx, () => guests.giveBack(guest, events));
  if (batch !== undefined) ctx.body = texts.batch(events);
  else answerEvent(ctx, first, texts);
}

function answerEvent(ctx: Context, event: RoomEvent, texts: EventTexts): void {
  const { headers, body } = texts.one(event);
  for (const [name, value] of Object.entries(headers)) ctx.res.setHeader(name, value);
  ctx.body = body;
}

/** Resolves when there is something, the time is over, or nobody is there any more to be answered. */
function waitForEvents(
  { res }: Context,
  guest: GuestSession,
  { guests, waitMs }: Readonly<{ guests: RoomSessions; waitMs: number }>,
): Promise<void> {
  return new Promise((resolve) => {
    const onClose = (): void => {
      cancel();
      resolve();
    };
    const cancel = guests.wait(guest, waitMs, () => {
      res.off('close', onClose);
      resolve();
    });
    res.once('close', onClose);
  });
}

/** Whoever hangs up before the answer is out has not had it. */
function giveBackUnsent({ res }: Context, giveBack: () => void): void {
  res.once('close', () => {
    if (!res.writableFinished) giveBack();
  });
}

/** @throws {RequestError} `unauthorized`. */
function guestIn(ctx: Context, guests: RoomSessions): GuestSession {
  const holder = guests.holder(channelIn(ctx), headerIn(ctx, SESSION_HEADER));
  if (holder === undefined || holder === 'ended') throw noSession();
  return holder;
}

function noSession(): RequestError {
  return new RequestError('unauthorized', 'join the room first');
}

function channelIn(ctx: Context): string {
  return decodeRoomName(ctx.params['channel'] ?? '');
}

function headerIn({ req }: Context, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** A bare `true` or a list would not be JSON to koa. */
function answer(ctx: Context, value: unknown): void {
  ctx.status = 200;
  ctx.body = JSON.stringify(value);
}
