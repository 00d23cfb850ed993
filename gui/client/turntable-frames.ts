/** Frames of the turntable protocol as a client reads and writes them. Source: docs/turntable.md. */
import type { JsonValue } from '../../daemon/wire/topic-terms.ts';
import type { GameAction, PresenceStatus, TurntableId } from '../../daemon/wire/turntable.ts';
import { isFields, isJson, parseFields, textsOf } from './fields.ts';

/** What the daemon says. */
export type HeardCommand = Readonly<
  | { command: 'idyou' }
  | { command: 'userchange'; statuses: ReadonlyMap<TurntableId, PresenceStatus> }
  | { command: 'invite'; channel: string; from: TurntableId }
  | { command: 'members'; channel: string; members: readonly TurntableId[] }
  | { command: 'game'; channel: string; actions: readonly GameAction[] }
  | { command: 'moved'; id: string; server: string }
  | { command: 'error'; code: string; message: string }
>;

/** Reads a frame; `undefined` for everything that a client has no use for. */
export function decodeHeardCommand(text: string): HeardCommand | undefined {
  const frame = parseFields(text);
  const data = frame?.['data'];
  if (!isFields(data)) return undefined;
  const { channel, from, members, actions, id, server, code, message } = data;
  switch (frame?.['command']) {
    case 'idyou':
      return { command: 'idyou' };
    case 'userchange':
      return { command: 'userchange', statuses: new Map(Object.entries(data).filter(isStatus)) };
    case 'invite':
      return isText(channel) && isText(from) ? { command: 'invite', channel, from } : undefined;
    case 'members':
      return isText(channel)
        ? { command: 'members', channel, members: textsOf(members) }
        : undefined;
    case 'game':
      if (!isText(channel) || !Array.isArray(actions)) return undefined;
      return { command: 'game', channel, actions: actions.filter(isAction) };
    case 'moved':
      return isText(id) && isText(server) ? { command: 'moved', id, server } : undefined;
    case 'error':
      return { command: 'error', code: String(code), message: String(message) };
    default:
      return undefined;
  }
}

export function encodeIdme(id: TurntableId, token: string | undefined): string {
  return encode('idme', token === undefined ? id : { id, token });
}

export function encodeWatch(ids: readonly TurntableId[]): string {
  return encode('subscribe', ids);
}

export function encodeStatus(status: 'online' | 'busy'): string {
  return encode('status', status);
}

export function encodeJoin(channel: string, invite: readonly TurntableId[]): string {
  return encode('joingame', { channel, invite });
}

export function encodeAction(channel: string, data: JsonValue): string {
  return encode('game', { channel, actions: [{ data }] });
}

export function encodeLeave(channel: string): string {
  return encode('leavegame', { channel });
}

function encode(command: string, data: JsonValue): string {
  return JSON.stringify({ command, data });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isStatus(entry: [string, unknown]): entry is [TurntableId, PresenceStatus] {
  return entry[1] === 'online' || entry[1] === 'busy' || entry[1] === 'offline';
}

function isAction(value: unknown): value is GameAction {
  if (!isFields(value) || !isJson(value['data'])) return false;
  return typeof value['timestamp'] === 'number' && isText(value['from']);
}
