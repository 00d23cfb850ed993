/** What every topic's value is and does. */
import { WireError } from '../wire/check.ts';
import type { Change, JsonObject, JsonValue } from '../wire/topic.ts';

/** A change that sets the whole value. */
export type Snapshot = Extract<Change, { type: 'set' }>;

/** The value of one topic. */
export interface TopicValue {
  /** The change that gives this value to a client that has none yet; a fresh object. */
  snapshot(): Snapshot;
  /**
   * Checks a change against the type and the current value, and applies it.
   *
   * @returns The change with its known members only, for the subscribers.
   * @throws {WireError} It does not fit, and why; nothing was changed.
   */
  apply(change: JsonObject): Change;
}

/** The refusal of a change that does not fit the value. */
export function misfit(message: string): WireError {
  return new WireError('bad_request', message, 'change');
}

/** The same text for equal values, in whatever order their members came. */
export function canonicalText(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
