/**
 * Shallow checks of what our own daemon says.
 *
 * The daemon served this very page and is trusted; what it says has the types of `daemon/wire/gui-api.ts`. These
 * checks look at the members by which a thing is known, so that a daemon of another age shows up as an absent
 * thing and not as a crash somewhere in the page.
 */
import type {
  ApiContact,
  ApiConversation,
  ApiErrorCode,
  ApiLink,
  ApiMe,
  ApiMessage,
  ApiMessageDetails,
  ApiRelayEntry,
  ApiSafetyNumber,
  ApiSession,
  ApiStatus,
} from '../../daemon/wire/gui-api.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isContact(value: unknown): value is ApiContact {
  return hasTexts(value, 'address', 'nick', 'state', 'presence') && isFields(value['other_info']);
}

export function isConversation(value: unknown): value is ApiConversation {
  return (
    hasTexts(value, 'address') &&
    typeof value['unread'] === 'number' &&
    (value['last'] === null || isMessage(value['last']))
  );
}

export function isMessage(value: unknown): value is ApiMessage {
  return (
    hasTexts(value, 'id', 'from', 'to', 'message', 'timestamp', 'received', 'direction', 'state') &&
    typeof value['s'] === 'number' &&
    typeof value['rev'] === 'number'
  );
}

/** Word of a message that was deleted, on the topic of messages. */
export type Deletion = Readonly<{ deleted: Readonly<{ address: string; s: number }> }>;

export function isDeletion(value: unknown): value is Deletion {
  if (!isFields(value) || !hasTexts(value['deleted'], 'address')) return false;
  return typeof value['deleted']['s'] === 'number';
}

/** Word of a conversation of which nothing is left up to a place. */
export type Clearing = Readonly<{ cleared: Readonly<{ address: string; up_to: number }> }>;

export function isClearing(value: unknown): value is Clearing {
  if (!isFields(value) || !hasTexts(value['cleared'], 'address')) return false;
  return typeof value['cleared']['up_to'] === 'number';
}

export function isMessageDetails(value: unknown): value is ApiMessageDetails {
  return isMessage(value) && 'timeline' in value && Array.isArray(value.timeline);
}

export function isMe(value: unknown): value is ApiMe {
  return hasTexts(value, 'nick', 'status', 'address', 'version') && isFields(value['settings']);
}

export function isStatus(value: unknown): value is ApiStatus {
  return (
    hasTexts(value, 'nick', 'status', 'address', 'version') &&
    isFields(value['disk']) &&
    isFields(value['settings']) &&
    Array.isArray(value['notices'])
  );
}

export function isRelayEntry(value: unknown): value is ApiRelayEntry {
  return hasTexts(value, 'from', 'to', 'oldest') && typeof value['messages'] === 'number';
}

export function isSafetyNumber(value: unknown): value is ApiSafetyNumber {
  if (!hasTexts(value, 'own', 'peer')) return false;
  const groups: unknown = value['groups'];
  return Array.isArray(groups) && groups.every((group) => typeof group === 'string');
}

export function isLink(value: unknown): value is ApiLink {
  return hasTexts(value, 'link', 'expires');
}

export function isSession(value: unknown): value is ApiSession {
  return hasTexts(value, 'id', 'agent', 'created', 'used');
}

/** The error of an answer, if it is one. */
export function errorOf(
  value: unknown,
): Readonly<{ code: ApiErrorCode; message: string }> | undefined {
  if (!isFields(value) || !isErrorFields(value['error'])) return undefined;
  return value['error'];
}

function isErrorFields(value: unknown): value is Readonly<{ code: ApiErrorCode; message: string }> {
  return hasTexts(value, 'code', 'message');
}

/** Narrows to an object whose members of these names are strings. */
export function hasTexts<Name extends string>(
  value: unknown,
  ...names: readonly Name[]
): value is Fields & Readonly<Record<Name, string>> {
  return isFields(value) && names.every((name) => typeof value[name] === 'string');
}
