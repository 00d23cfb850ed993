/**
 * Presence and games over WebSocket, the "turntable" protocol: ids, limits, frames in and out.
 *
 * Source: docs/turntable.md.
 */
import * as v from 'valibot';
import { decodeValue, parseJson, WellFormed } from './check.ts';
import type { JsonObject, JsonValue } from './topic-terms.ts';

/** UTF-16 units of an id, network and colon included. */
export const TURNTABLE_ID_MAX_LENGTH = 136;
/** UTF-16 units in the name of a game. */
export const GAME_NAME_MAX_LENGTH = 256;
/** Ids in one `subscribe`. */
export const SUBSCRIBE_MAX_IDS = 1000;
/** People invited at once. */
export const INVITE_MAX_IDS = 64;
/** Actions in one frame. */
export const FRAME_MAX_ACTIONS = 100;
const TOKEN_MAX_LENGTH = 256;

/** `network:user`: `1` are guests of this hub, `0` contacts of the owner by their address; nobody is in another. */
export type TurntableId = string;
export type PresenceStatus = 'online' | 'busy' | 'offline';

/** One thing that somebody did in a game, as its author sent it. */
export type SentAction = Readonly<{
  /** In milliseconds since 1970, by the clock of the author; absent in a hurry. */
  timestamp: number | undefined;
  /** Who says that he did it; absent: the sender. */
  from: TurntableId | undefined;
  data: JsonValue;
}>;
/** The same as all members get it. */
export type GameAction = Readonly<{ timestamp: number; from: TurntableId; data: JsonValue }>;

/** What a client sends. */
export type TurntableCommand =
  | Readonly<{ command: 'idme'; id: TurntableId; token: string | undefined }>
  | Readonly<{ command: 'subscribe'; ids: readonly TurntableId[] }>
  | Readonly<{ command: 'status'; status: 'online' | 'busy' }>
  | Readonly<{
      command: 'joingame';
      channel: string;
      self: TurntableId | undefined;
      invite: readonly TurntableId[];
    }>
  | Readonly<{ command: 'game'; channel: string; actions: readonly SentAction[] }>
  | Readonly<{ command: 'leavegame'; channel: string }>;

/** Why something was refused. `docs/errors.md` explains each. */
export type TurntableCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_identified'
  | 'id_in_use'
  | 'not_member'
  | 'limit'
  | 'too_many_requests'
  | 'internal';

/** What the daemon sends. */
export type TurntableFrame =
  | Readonly<{ command: 'idyou' }>
  | Readonly<{ command: 'userchange'; statuses: ReadonlyMap<TurntableId, PresenceStatus> }>
  | Readonly<{ command: 'invite'; channel: string; from: TurntableId }>
  | Readonly<{ command: 'members'; channel: string; members: readonly TurntableId[] }>
  | Readonly<{ command: 'game'; channel: string; actions: readonly GameAction[] }>
  /** What the client wants is at another server of the cluster. */
  | Readonly<{ command: 'moved'; id: string; server: string }>
  | Readonly<{ command: 'error'; code: TurntableCode; message: string }>;

const Id = v.pipe(
  WellFormed,
  v.maxLength(TURNTABLE_ID_MAX_LENGTH),
  v.regex(/^\d{1,9}:[^\p{Cc}]+$/u, 'is no id like 1:12345'),
);
/** Checks the id of a guest. */
export const GuestId = v.pipe(Id, v.startsWith('1:', 'is no guest'));
const Ids = v.pipe(v.array(Id), v.maxLength(SUBSCRIBE_MAX_IDS));
const Invited = v.pipe(v.array(Id), v.maxLength(INVITE_MAX_IDS));
/** Checks the name of a game. */
export const GameName = v.pipe(
  WellFormed,
  v.minLength(1),
  v.maxLength(GAME_NAME_MAX_LENGTH),
  v.regex(/^[^\p{Cc}]*$/u, 'has a control character'),
);
const Json = v.custom<JsonValue>((value) => value !== undefined, 'is missing');
const Action = v.object({
  timestamp: v.optional(v.pipe(v.number(), v.finite())),
  from: v.optional(Id),
  data: Json,
});

const Frame = v.variant('command', [
  v.object({
    command: v.literal('idme'),
    data: v.union([
      Id,
      v.object({ id: Id, token: v.optional(v.pipe(v.string(), v.maxLength(TOKEN_MAX_LENGTH))) }),
    ]),
  }),
  v.object({ command: v.literal('subscribe'), data: Ids }),
  v.object({ command: v.literal('status'), data: v.picklist(['online', 'busy']) }),
  v.object({
    command: v.literal('joingame'),
    data: v.object({ channel: GameName, self: v.optional(Id), invite: v.optional(Invited, []) }),
  }),
  v.object({
    command: v.literal('game'),
    data: v.object({
      channel: GameName,
      actions: v.pipe(v.array(Action), v.minLength(1), v.maxLength(FRAME_MAX_ACTIONS)),
    }),
  }),
  v.object({ command: v.literal('leavegame'), data: v.object({ channel: GameName }) }),
]);

/**
 * Decodes a frame of a client.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeTurntableFrame(text: string): TurntableCommand {
  const frame = decodeValue(Frame, parseJson(text));
  switch (frame.command) {
    case 'idme':
      return typeof frame.data === 'string'
        ? { command: 'idme', id: frame.data, token: undefined }
        : { command: 'idme', id: frame.data.id, token: frame.data.token };
    case 'subscribe':
      return { command: 'subscribe', ids: frame.data };
    case 'status':
      return { command: 'status', status: frame.data };
    case 'joingame':
      return { command: 'joingame', ...frame.data, self: frame.data.self };
    case 'game':
      return {
        command: 'game',
        channel: frame.data.channel,
        actions: frame.data.actions.map(sent),
      };
    case 'leavegame':
      return { command: 'leavegame', channel: frame.data.channel };
  }
}

/** Texts of frames made already: one frame goes to many clients and is written once. */
const encodedFrames = new WeakMap<TurntableFrame, string>();

/** Encodes a frame of the daemon's. */
export function encodeTurntableFrame(frame: TurntableFrame): string {
  let text = encodedFrames.get(frame);
  if (text === undefined) {
    text = JSON.stringify({ command: frame.command, data: toData(frame) });
    encodedFrames.set(frame, text);
  }
  return text;
}

function toData(frame: TurntableFrame): JsonObject {
  switch (frame.command) {
    case 'idyou':
      return {};
    case 'userchange':
      return Object.fromEntries(frame.statuses);
    case 'invite':
      return { channel: frame.channel, from: frame.from };
    case 'members':
      return { channel: frame.channel, members: frame.members };
    case 'game':
      return { channel: frame.channel, actions: frame.actions };
    case 'moved':
      return { id: frame.id, server: frame.server };
    case 'error':
      return { code: frame.code, message: frame.message };
  }
}

function sent({ timestamp, from, data }: v.InferOutput<typeof Action>): SentAction {
  return { timestamp, from, data };
}
