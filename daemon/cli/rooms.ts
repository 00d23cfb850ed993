/** `vestnik rooms …`: rooms of the running daemon. */
import * as v from 'valibot';
import { decodeAnswer, openApi } from './api-client.ts';
import { findAddress } from './contact-address.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { count, formatTable, oneLine } from './format.ts';
import { RoomAnswer, RoomEventAnswer, RoomUserAnswer, WaitingAnswer } from './room-answers.ts';
import { readText } from './text-argument.ts';
import { tell } from './tell.ts';

export type CreateRoomOptions = Readonly<{ private?: boolean; topic?: string }>;
export type ChangeRoomOptions = Readonly<{
  topic?: string;
  private?: boolean;
  closed?: boolean;
  mute?: boolean;
}>;

/** Path of a room, and what lies below it. */
export function roomPath(room: string, below = ''): string {
  return `/api/rooms/${encodeURIComponent(room)}${below}`;
}

/** `vestnik rooms`. */
export async function listRooms(context: CommandContext): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('GET', '/api/rooms');
  tell(context, answer, () => {
    const rooms = decodeAnswer(v.array(RoomAnswer), answer);
    if (rooms.length === 0) return 'No rooms yet; make one with: vestnik rooms create NAME';
    return formatTable(rooms.map(describeRoom));
  });
}

/** `vestnik rooms create NAME`. */
export async function createRoom(
  context: CommandContext,
  name: string,
  options: CreateRoomOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', '/api/rooms', { name, ...options });
  tell(context, answer, () => {
    const { room, invite, private: isPrivate } = decodeAnswer(RoomAnswer, answer);
    const made = `Made ${oneLine(room)}.`;
    return isPrivate ? `${made} Its invite: ${invite ?? ''}` : made;
  });
}

/** `vestnik rooms join ROOM`. */
export async function joinRoom(
  context: CommandContext,
  room: string,
  options: Readonly<{ invite?: string }>,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', '/api/rooms/join', { room, ...options });
  tell(context, answer, () => describeJoined(decodeAnswer(RoomAnswer, answer)));
}

/** `vestnik rooms leave ROOM`. */
export async function leaveRoom(context: CommandContext, room: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', roomPath(room, '/leave'));
  tell(context, answer, () => {
    const { room: name } = decodeAnswer(v.object({ room: v.string() }), answer);
    return `You are out of ${oneLine(name)}.`;
  });
}

/** `vestnik rooms forget ROOM`: one that was left, with all that was said there. */
export async function forgetRoom(context: CommandContext, room: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  await api.call('DELETE', roomPath(room));
  tell(context, { room }, () => `${oneLine(room)} is gone, and all that was said there.`);
}

/** What became of joining: in another daemon's room one is when that daemon says so. */
function describeJoined({ room, members, joined, sync }: RoomAnswer): string {
  const name = oneLine(room);
  if (joined) return `You are in ${name}; ${count(members, 'person is', 'people are')} there.`;
  const why = sync?.reason === null || sync === null ? '' : ` (now: ${oneLine(sync.reason)})`;
  return `You will be in ${name} as soon as its host lets you in${why}; see: vestnik rooms`;
}

/** `vestnik rooms waiting ROOM`: what you said that its host has not taken. */
export async function showWaiting(
  context: CommandContext,
  room: string,
  { drop: id }: Readonly<{ drop?: string }>,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  if (id !== undefined) {
    await api.call('DELETE', roomPath(room, `/waiting/${encodeURIComponent(id)}`));
  }
  const answer = decodeAnswer(RoomAnswer, await api.call('GET', roomPath(room)));
  const waiting = answer.sync?.waiting ?? [];
  tell(context, waiting, () => {
    if (waiting.length === 0) return 'Nothing waits.';
    return formatTable(
      waiting.map((one) => [one.id, one.reason ?? 'waits', oneLine(one.message)].map(oneLine)),
    );
  });
}

/** `vestnik rooms say ROOM TEXT`: the event is on the disk when this returns. */
export async function sayInRoom(
  context: CommandContext,
  room: string,
  words: readonly string[],
  { id }: Readonly<{ id?: string }>,
): Promise<void> {
  const message = await readText(context, words);
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', roomPath(room, '/messages'), {
    message,
    ...(id === undefined ? {} : { id }),
  });
  tell(context, answer, () => {
    const said = decodeAnswer(v.union([RoomEventAnswer, WaitingAnswer]), answer);
    return 'seqnr' in said ? `Said, as number ${said.seqnr}.` : 'Waits until its host has it.';
  });
}

/** `vestnik rooms who ROOM`. */
export async function showUsers(context: CommandContext, room: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('GET', roomPath(room, '/directory'));
  tell(context, answer, () => describeUsers(answer));
}

/** `vestnik rooms change ROOM`. */
export async function changeRoom(
  context: CommandContext,
  room: string,
  { mute, ...options }: ChangeRoomOptions,
): Promise<void> {
  const changes = { ...options, ...(mute === undefined ? {} : { muted: mute }) };
  if (Object.keys(changes).length === 0) {
    throw new CommandError('usage', 'say what to change; see --help');
  }
  const api = await openApi(context.dataFolder);
  const answer = await api.call('PATCH', roomPath(room), changes);
  tell(context, answer, () => `Changed ${oneLine(decodeAnswer(RoomAnswer, answer).room)}.`);
}

/** `vestnik rooms invite ROOM CONTACT`: a message that is a link to the room. */
export async function inviteContact(
  context: CommandContext,
  room: string,
  contact: string,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', roomPath(room, '/invitations'), { address });
  tell(context, answer, () => `Sent ${address} a message with a link to ${oneLine(room)}.`);
}

/** `vestnik rooms invite ROOM`. */
export async function showInvite(
  context: CommandContext,
  room: string,
  options: Readonly<{ new?: boolean }>,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer =
    options.new === true
      ? await api.call('POST', roomPath(room, '/invite'))
      : await api.call('GET', roomPath(room));
  tell(context, answer, () => decodeAnswer(RoomAnswer, answer).invite ?? 'Its host has it.');
}

/** `vestnik rooms remove|ban|unban ROOM USER`. */
export async function moderate(
  context: CommandContext,
  verb: 'remove' | 'ban' | 'unban',
  room: string,
  user: string,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', roomPath(room, `/${verb}`), { user });
  tell(context, answer, () => describeUsers(answer));
}

function describeRoom(room: RoomAnswer): readonly string[] {
  const flags = [
    ...(room.joined ? [] : ['not joined']),
    ...describeSync(room),
    ...(room.private ? ['private'] : []),
    ...(room.closed ? ['closed'] : []),
    ...(room.unread > 0 ? [`${room.unread} unread`] : []),
  ];
  const people = count(room.members, 'person', 'people');
  return [oneLine(room.room), people, flags.join(', '), oneLine(room.topic)];
}

/** How it stands with the daemon that hosts it. */
function describeSync({ sync }: RoomAnswer): readonly string[] {
  if (sync === null) return [];
  const { state, away, reason, waiting, events } = sync;
  return [
    reason === null ? state : `${state}: ${oneLine(reason)}`,
    `${events} events`,
    ...(away && reason === null ? ['its host is away'] : []),
    ...(waiting.length > 0 ? [`${waiting.length} waiting`] : []),
  ];
}

function describeUsers(answer: unknown): string {
  const users = decodeAnswer(v.array(RoomUserAnswer), answer);
  if (users.length === 0) return 'Nobody is there.';
  return formatTable(
    users.map(({ user, origin, role, online }) => [
      oneLine(user),
      role ?? origin,
      online === null ? '' : online ? 'there' : 'away',
    ]),
  );
}
