/** `/api/rooms`: rooms, who is in them, what was said. */
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import type { Room } from '../domain/room-model.ts';
import { foldName, decodeRoomName } from '../wire/room-names.ts';
import { PAGE_DEFAULT_MESSAGES, PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import {
  CreateRoomRequest,
  JoinRoomRequest,
  PatchRoomRequest,
  ReadRoomRequest,
  RoomUserRequest,
  SayRequest,
} from '../wire/rooms-api.ts';
import { checkRoomMessage } from '../wire/wechat.ts';
import { readJson, type GuiContext, type GuiState } from './gui-context.ts';
import { given } from './given.ts';
import type { GuiDomain } from './gui-domain.ts';
import { viewEvent, viewRoom, viewUsers } from './room-views.ts';

export function roomsRoutes(domain: GuiDomain): Router<GuiState> {
  const { rooms } = domain;
  const router = new Router<GuiState>({ prefix: '/api/rooms' });

  router.get('/', async (ctx) => {
    ctx.body = await Promise.all(rooms.list().map((room) => viewRoom(rooms, room)));
  });

  router.post('/', async (ctx) => {
    const { name, topic, private: isPrivate } = await readJson(ctx.req, CreateRoomRequest);
    const room = await rooms.createAsOwner(decodeRoomName(name), isPrivate ?? false);
    const isTold = topic !== undefined && topic !== '';
    ctx.status = 201;
    ctx.body = await viewRoom(rooms, isTold ? await rooms.change(room.uid, { topic }) : room);
  });

  router.post('/join', async (ctx) => {
    const { room: title } = await readJson(ctx.req, JoinRoomRequest);
    const { uid } = rooms.require(localName(domain, title));
    ctx.body = await viewRoom(rooms, await rooms.joinAsOwner(uid));
  });

  router.get('/:room', async (ctx) => {
    ctx.body = await viewRoom(rooms, roomIn(ctx, domain));
  });

  router.patch('/:room', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const change = await readJson(ctx.req, PatchRoomRequest);
    const { topic, private: isPrivate, closed: isClosed, muted: isMuted } = change;
    const changed = await rooms.change(uid, given({ topic, isPrivate, isClosed, isMuted }));
    ctx.body = await viewRoom(rooms, changed);
  });

  router.post('/:room/leave', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    ctx.body = await viewRoom(rooms, await rooms.leaveAsOwner(uid));
  });

  router.get('/:room/events', async (ctx) => {
    const room = roomIn(ctx, domain);
    const events = await rooms.page(room, pageIn(ctx));
    ctx.body = events.map((event) => viewEvent(room, event));
  });

  router.post('/:room/messages', async (ctx) => {
    const room = roomIn(ctx, domain);
    const { message: text, id } = await readJson(ctx.req, SayRequest);
    checkRoomMessage(text);
    const { message, isNew } = await rooms.sayAsOwner(room, text, id);
    ctx.status = isNew ? 201 : 200;
    ctx.body = viewEvent(room, message);
  });

  router.get('/:room/directory', (ctx) => {
    ctx.body = viewUsers(rooms, roomIn(ctx, domain));
  });

  router.post('/:room/read', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const { upTo } = await readJson(ctx.req, ReadRoomRequest);
    ctx.body = await viewRoom(rooms, await rooms.markRead(uid, upTo));
  });

  router.post('/:room/invite', async (ctx) => {
    ctx.body = await viewRoom(rooms, await rooms.renewInvite(roomIn(ctx, domain).uid));
  });

  addModeration(router, domain);
  return router;
}

/** What the owner does about others. */
function addModeration(router: Router<GuiState>, domain: GuiDomain): void {
  const { rooms, guests } = domain;

  router.post('/:room/remove', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    if (!(await guests.remove(uid, user))) {
      throw new RequestError('not_found', 'nobody of that name is a guest in the room');
    }
    ctx.body = viewUsers(rooms, roomIn(ctx, domain));
  });

  router.post('/:room/ban', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    const room = await rooms.setRole(uid, user, 'banned');
    await guests.remove(uid, user);
    ctx.body = viewUsers(rooms, room);
  });

  router.post('/:room/unban', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    ctx.body = viewUsers(rooms, await rooms.setRole(uid, user, undefined));
  });
}

/** Somebody other than the owner, who can't be put out of his own daemon. */
async function otherIn(ctx: GuiContext, { rooms }: GuiDomain): Promise<string> {
  const { user } = await readJson(ctx.req, RoomUserRequest);
  if (foldName(user) === foldName(rooms.ownerUser)) {
    throw new RequestError('bad_request', 'that is you');
  }
  return user.normalize('NFC');
}

/** @throws {DomainError} `not_found`. */
function roomIn(ctx: GuiContext, domain: GuiDomain): Room {
  return domain.rooms.require(localName(domain, ctx.params['room'] ?? ''));
}

/** What a room of ours is called here, if it is called as others call it. */
function localName({ owner }: GuiDomain, title: string): string {
  const own = owner.addresses.find((address) => title.endsWith(`@${address}`));
  const name = own === undefined ? title : title.slice(0, -own.length - 1);
  return name.normalize('NFC');
}

function pageIn(ctx: GuiContext): Readonly<{ before?: number; after?: number; limit: number }> {
  const limit = numberIn(ctx, 'limit') ?? PAGE_DEFAULT_MESSAGES;
  if (limit === 0) throw new RequestError('bad_request', 'limit is at least 1');
  return {
    ...given({ before: numberIn(ctx, 'before'), after: numberIn(ctx, 'after') }),
    limit: Math.min(PAGE_MAX_MESSAGES, limit),
  };
}

function numberIn({ query }: GuiContext, name: string): number | undefined {
  const text = query[name];
  if (text === undefined || text === '') return undefined;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw new RequestError('bad_request', `${name} is a whole number`);
}
