/** The part of the daemon's REST interface that is about rooms. Source: docs/gui-api.md#rooms. */
import type { Address } from '../../daemon/wire/address.ts';
import type {
  ApiRoom,
  ApiRoomEvent,
  ApiRoomUser,
  ApiWaitingRoomMessage,
} from '../../daemon/wire/rooms-api.ts';
import { isRoom, isRoomEvent, isRoomUser, isWaiting } from './room-answers.ts';

/** How a call is made, and what its answer has to be. All of them reject with `ApiError`. */
export type ApiTools = Readonly<{
  call: (method: string, path: string, body?: object) => Promise<unknown>;
  expect: <Answer>(is: (value: unknown) => value is Answer, value: unknown) => Answer;
  expectList: <Item>(is: (value: unknown) => value is Item, value: unknown) => readonly Item[];
}>;

export type PageOfEvents = Readonly<{
  /** An event's number; only older ones. */
  before?: number;
  /** An event's number; only newer ones. */
  after?: number;
  limit: number;
}>;

export type RoomPatch = Readonly<{
  topic?: string;
  private?: boolean;
  closed?: boolean;
  muted?: boolean;
}>;

/** What the owner does about somebody else in a room. */
export type RoomVerb = 'remove' | 'ban' | 'unban';

export type RoomsApi = ReturnType<typeof createRoomsApi>;

/** @throws {ApiError} Each of the functions. */
export function createRoomsApi({ call, expect, expectList }: ApiTools) {
  const path = (room: string, rest = '') => `/api/rooms/${encodeURIComponent(room)}${rest}`;
  const isSaid = (value: unknown): value is ApiRoomEvent | ApiWaitingRoomMessage =>
    isRoomEvent(value) || isWaiting(value);

  return {
    create: async (room: Readonly<{ name: string; topic: string; private: boolean }>) =>
      expect<ApiRoom>(isRoom, await call('POST', '/api/rooms', room)),
    /** @param room A name, `name@address`, or a room link. */
    join: async (room: string, invite = '') => {
      const wanted = invite === '' ? { room } : { room, invite };
      return expect<ApiRoom>(isRoom, await call('POST', '/api/rooms/join', wanted));
    },
    patch: async (room: string, patch: RoomPatch): Promise<void> => {
      await call('PATCH', path(room), patch);
    },
    /** A room of another daemon in which the owner never was is gone then. */
    leave: async (room: string): Promise<void> => {
      await call('POST', path(room, '/leave'), {});
    },
    /** Only one that the owner is out of; what was said there goes with it. */
    forget: async (room: string): Promise<void> => {
      await call('DELETE', path(room));
    },
    events: async (room: string, page: PageOfEvents): Promise<readonly ApiRoomEvent[]> =>
      expectList(isRoomEvent, await call('GET', path(room, `/events?${formatQuery(page)}`))),
    /** An event; of a room of another daemon, what waits for its host. */
    say: async (room: string, message: Readonly<{ id: string; message: string }>) =>
      expect(isSaid, await call('POST', path(room, '/messages'), message)),
    takeBack: async (room: string, id: string): Promise<void> => {
      await call('DELETE', path(room, `/waiting/${encodeURIComponent(id)}`));
    },
    /** Sends a contact a message that is a link to the room. */
    invite: async (room: string, address: Address): Promise<void> => {
      await call('POST', path(room, '/invitations'), { address });
    },
    renewInvite: async (room: string): Promise<void> => {
      await call('POST', path(room, '/invite'), {});
    },
    directory: async (room: string): Promise<readonly ApiRoomUser[]> =>
      expectList(isRoomUser, await call('GET', path(room, '/directory'))),
    moderate: async (room: string, verb: RoomVerb, user: string): Promise<readonly ApiRoomUser[]> =>
      expectList(isRoomUser, await call('POST', path(room, `/${verb}`), { user })),
    markRead: async (room: string, upTo: number): Promise<void> => {
      await call('POST', path(room, '/read'), { upTo });
    },
  };
}

function formatQuery({ before, after, limit }: PageOfEvents): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) query.set('before', String(before));
  if (after !== undefined) query.set('after', String(after));
  return query.toString();
}
