/** Shallow check of what a search of our own daemon found; see `answers.ts`. */
import type { ApiFound } from '../../daemon/wire/gui-api.ts';
import { hasTexts, isFields, isMessage } from './answers.ts';
import { isRoomEvent } from './room-answers.ts';

export function isFound(value: unknown): value is ApiFound {
  if (!isFields(value) || typeof value['s'] !== 'number' || !Array.isArray(value['marks'])) {
    return false;
  }
  if ('room' in value) return isRoomEvent(value) && value.type === 'MSG';
  return hasTexts(value, 'address') && isMessage(value);
}
