import { ApiError, type ApiFailure } from '../api.ts';
import type { TextName } from '../texts/language.ts';

const TEXTS: Partial<Record<ApiFailure, TextName>> = {
  unreachable: 'error.unreachable',
  unauthorized: 'error.unauthorized',
  bad_address: 'error.bad_address',
  contact_exists: 'error.contact_exists',
  not_found: 'error.not_found',
  forbidden: 'error.forbidden',
  identity_changed: 'error.identity_changed',
  password_needed: 'error.password_needed',
  rekey_under_way: 'error.rekey_under_way',
  room_exists: 'error.room_exists',
  room_closed: 'error.room_closed',
  not_member: 'error.not_member',
  not_cancellable: 'error.not_cancellable',
  not_askable: 'error.not_askable',
  storage_full: 'error.storage_full',
  storage_failed: 'error.storage_failed',
  too_many_requests: 'error.too_many_requests',
};

const REFUSALS: Partial<Record<ApiFailure, TextName>> = {
  too_large: 'message.refused.too_large',
  storage_full: 'message.refused.storage_full',
  storage_failed: 'message.refused.storage_failed',
  not_found: 'message.refused.not_found',
  room_closed: 'message.refused.room_closed',
  not_member: 'message.refused.not_member',
};

/** Name of the sentence that says what went wrong. */
export function failureText(error: unknown): TextName {
  return (error instanceof ApiError ? TEXTS[error.code] : undefined) ?? 'error.other';
}

/** Name of the sentence that says why our daemon did not take a message. */
export function refusalText(code: ApiFailure): TextName {
  return REFUSALS[code] ?? 'message.refused.other';
}

/** As `refusalText`, of what was said in a room. */
export function roomRefusalText(code: ApiFailure): TextName {
  return code === 'not_found' ? 'message.refused.room_gone' : refusalText(code);
}
