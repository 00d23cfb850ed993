/** Shallow checks of what our own daemon says about rooms; see `answers.ts`. */
import type {
  ApiRoom,
  ApiRoomDirectory,
  ApiRoomEvent,
  ApiRoomMessage,
  ApiRoomUser,
  ApiWaitingRoomMessage,
} from '../../daemon/wire/rooms-api.ts';
import { hasTexts } from './answers.ts';

export function isRoom(value: unknown): value is ApiRoom {
  return (
    hasTexts(value, 'room', 'uid', 'name', 'topic') &&
    typeof value['joined'] === 'boolean' &&
    typeof value['unread'] === 'number' &&
    typeof value['seqnr'] === 'number' &&
    (value['last'] === null || isRoomEvent(value['last'])) &&
    (value['sync'] === null || isSync(value['sync']))
  );
}

export function isRoomEvent(value: unknown): value is ApiRoomEvent {
  return isRoomMessage(value) || isRoomDirectory(value);
}

function isRoomMessage(value: unknown): value is ApiRoomMessage {
  return isEventFrame(value, 'MSG') && hasTexts(value, 'from', 'origin', 'message');
}

function isRoomDirectory(value: unknown): value is ApiRoomDirectory {
  return isEventFrame(value, 'DIR') && isTexts(value['users']);
}

function isEventFrame(value: unknown, type: string): value is Readonly<Record<string, unknown>> {
  return (
    hasTexts(value, 'id', 'room', 'timestamp', 'type') &&
    value.type === type &&
    typeof value['seqnr'] === 'number'
  );
}

export function isRoomUser(value: unknown): value is ApiRoomUser {
  return hasTexts(value, 'user', 'origin') && typeof value['present'] === 'boolean';
}

export function isWaiting(value: unknown): value is ApiWaitingRoomMessage {
  return hasTexts(value, 'id', 'message', 'timestamp', 'state') && !('seqnr' in value);
}

function isSync(value: unknown): boolean {
  return (
    hasTexts(value, 'state', 'hash') &&
    Array.isArray(value['waiting']) &&
    value['waiting'].every(isWaiting)
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
