/** `/api/rooms`: rooms, who is in them, what was said. */
import { answerJson } from '../http/answer-json.ts';
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import type { Room } from '../domain/room-model.ts';
import { roleOf, roomTitle } from '../domain/room-rules.ts';
import { parseAddress } from '../wire/address.ts';
import { formatRoomLink, isRoomLink, parseRoomLink, type RoomLink } from '../wire/room-link.ts';
import { decodeRoomName, foldName, isDaemonUser } from '../wire/room-names.ts';
import { PAGE_DEFAULT_MESSAGES, PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import {
  CreateRoomRequest,
  InviteToRoomRequest,
  JoinRoomRequest,
  PatchRoomRequest,
  ReadRoomRequest,
  RoomUserRequest,
  SayRequest,
  type ApiRoom,
} from '../wire/rooms-api.ts';
import { checkRoomMessage } from '../wire/wechat.ts';
import { readJson, type GuiContext, type GuiState } from './gui-context.ts';
import { given } from './given.ts';
import type { GuiDomain } from './gui-domain.ts';
import { localName, placeOf, roomCalled, type RoomPlace } from './room-title.ts';
import { viewEvent, viewRoom, viewUsers, viewWaiting } from './room-views.ts';

export function roomsRoutes(domain: GuiDomain): Router<GuiState> {
  const { rooms, mirrors } = domain;
  const router = new Router<GuiState>({ prefix: '/api/rooms' });

  router.get('/', async (ctx) => {
    answerJson(ctx, await Promise.all(rooms.list().map((room) => viewRoom(domain, room))));
  });

  router.post('/', async (ctx) => {
    const { name, topic, private: isPrivate } = await readJson(ctx.req, CreateRoomRequest);
    const room = await rooms.createAsOwner(decodeRoomName(name), isPrivate ?? false);
    const isTold = topic !== undefined && topic !== '';
    ctx.status = 201;
    answerJson(
      ctx,
      await viewRoom(domain, isTold ? await rooms.change(room.uid, { topic }) : room),
    );
  });

  router.post('/join', async (ctx) => {
    const { room: title, invite } = await readJson(ctx.req, JoinRoomRequest);
    const place = isRoomLink(title) ? parseRoomLink(title) : placeOf(title, invite);
    const room =
      place === undefined || domain.owner.addresses.includes(place.address)
        ? await rooms.joinAsOwner(rooms.require(place?.name ?? localName(domain, title)).uid)
        : await joinElsewhere(domain, place);
    answerJson(ctx, await viewRoom(domain, room));
  });

  router.get('/:room', async (ctx) => {
    answerJson(ctx, await viewRoom(domain, roomIn(ctx, domain)));
  });

  router.patch('/:room', async (ctx) => {
    const room = roomIn(ctx, domain);
    const { uid } = room;
    const change = await readJson(ctx.req, PatchRoomRequest);
    const { topic, private: isPrivate, closed: isClosed, muted: isMuted } = change;
    if (topic !== undefined || isPrivate !== undefined || isClosed !== undefined) requireOurs(room);
    const changed = await rooms.change(uid, given({ topic, isPrivate, isClosed, isMuted }));
    answerJson(ctx, await viewRoom(domain, changed));
  });

  router.post('/:room/leave', async (ctx) => {
    const room = roomIn(ctx, domain);
    const left =
      room.host === undefined
        ? await rooms.leaveAsOwner(room.uid)
        : await mirrors.wishes.leave(room);
    answerJson(ctx, await viewLeft(domain, left));
  });

  router.delete('/:room', async (ctx) => {
    const room = roomIn(ctx, domain);
    await (room.host === undefined ? rooms.forget(room) : mirrors.wishes.forget(room));
    ctx.status = 204;
  });

  router.get('/:room/events', async (ctx) => {
    const room = roomIn(ctx, domain);
    const events = await rooms.reading.page(room, pageIn(ctx));
    answerJson(
      ctx,
      events.map((event) => viewEvent(room, event)),
    );
  });

  router.post('/:room/messages', async (ctx) => {
    const room = roomIn(ctx, domain);
    const { message: text, id } = await readJson(ctx.req, SayRequest);
    checkRoomMessage(text);
    if (room.host !== undefined) {
      ctx.status = 202;
      answerJson(ctx, viewWaiting(await mirrors.say(room, text, id)));
      return;
    }
    const { message, isNew } = await rooms.sayAsOwner(room, text, id);
    ctx.status = isNew ? 201 : 200;
    answerJson(ctx, viewEvent(room, message));
  });

  router.get('/:room/directory', (ctx) => {
    answerJson(ctx, viewUsers(domain, roomIn(ctx, domain)));
  });

  router.post('/:room/read', async (ctx) => {
    const { uid } = roomIn(ctx, domain);
    const { upTo } = await readJson(ctx.req, ReadRoomRequest);
    answerJson(ctx, await viewRoom(domain, await rooms.reading.markRead(uid, upTo)));
  });

  router.post('/:room/invite', async (ctx) => {
    answerJson(ctx, await viewRoom(domain, await rooms.renewInvite(ourRoomIn(ctx, domain).uid)));
  });

  router.delete('/:room/waiting/:id', async (ctx) => {
    await mirrors.takeBack(roomIn(ctx, domain), ctx.params['id'] ?? '');
    ctx.status = 204;
  });

  router.post('/:room/invitations', async (ctx) => {
    const { address } = await readJson(ctx.req, InviteToRoomRequest);
    const room = roomIn(ctx, domain);
    const text = formatRoomLink(linkTo(domain, room));
    await domain.conversations.send(parseAddress(address), [{ text }]);
    ctx.status = 204;
  });

  addModeration(router, domain);
  return router;
}

/** What the owner does about others. */
function addModeration(router: Router<GuiState>, domain: GuiDomain): void {
  const { rooms, guests } = domain;

  router.post('/:room/remove', async (ctx) => {
    const room = ourRoomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    if (isDaemonUser(user) && roleOf(room, user) === 'member')
      await rooms.members.putOut(room, user);
    else if (!(await guests.remove(room.uid, user))) {
      throw new RequestError('not_found', 'nobody of that name is a guest in the room');
    }
    answerJson(ctx, viewUsers(domain, roomIn(ctx, domain)));
  });

  router.post('/:room/ban', async (ctx) => {
    const before = ourRoomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    await rooms.members.putOut(before, user, 'banned');
    await guests.remove(before.uid, user);
    answerJson(ctx, viewUsers(domain, roomIn(ctx, domain)));
  });

  router.post('/:room/unban', async (ctx) => {
    const { uid } = ourRoomIn(ctx, domain);
    const user = await otherIn(ctx, domain);
    answerJson(ctx, viewUsers(domain, await rooms.members.setRole(uid, user, undefined)));
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
  return roomCalled(ctx.params['room'] ?? '', domain);
}

/** @throws {DomainError} `not_found`. @throws {RequestError} `forbidden`: its host decides. */
function ourRoomIn(ctx: GuiContext, domain: GuiDomain): Room {
  const room = roomIn(ctx, domain);
  requireOurs(room);
  return room;
}

function requireOurs({ host }: Room): void {
  if (host !== undefined) throw new RequestError('forbidden', 'the host of that room decides');
}

/** @throws {RequestError} `not_found`: hosts answer to contacts alone. */
async function joinElsewhere(
  { contacts, mirrors }: GuiDomain,
  { address, name, invite, uid }: RoomPlace,
): Promise<Room> {
  if (contacts.get(address) === undefined) {
    throw new RequestError('not_found', `add ${address} as a contact first`);
  }
  return mirrors.wishes.join(address, name, invite, uid);
}

/** What leads others to a room. Of a private one elsewhere only its host has the invite. */
function linkTo({ owner }: GuiDomain, { uid, name, host, isPrivate, invite }: Room): RoomLink {
  return { address: host ?? owner.address, uid, name, invite: isPrivate ? invite : '' };
}

/** A room that the owner never was in is gone when he leaves it. */
async function viewLeft(
  domain: GuiDomain,
  room: Room,
): Promise<ApiRoom | Readonly<{ room: string }>> {
  const left = domain.rooms.get(room.uid);
  return left === undefined ? { room: roomTitle(room) } : viewRoom(domain, left);
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
