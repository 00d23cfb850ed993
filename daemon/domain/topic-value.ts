/** What every topic's value is and does. */
import { WireError } from '../wire/check.ts';
import type { JsonObject, JsonValue } from '../wire/topic.ts';
import type { Change } from '../wire/topic-changes.ts';

/** A change that sets the whole value. */
export type Snapshot = Extract<Change, { type: 'set' }>;

/** A change that fits the value as it is. */
export type Step = Readonly<{
  /** With its known members only, for the subscribers. */
  change: Change;
  /** By how much the value grows. */
  deltaBytes: number;
  /** Applies it; to be called before anything else changes the value, or after what lies behind it in a sequence. */
  commit: () => void;
}>;

/** The value of one topic. */
export abstract class TopicValue {
  #sizeBytes = 0;

  /** What it takes as JSON, beyond an empty one. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The change that gives this value to a client that has none yet; a fresh object. */
  abstract snapshot(): Snapshot;

  /**
   * Checks a change against the type and the current value; nothing is changed yet.
   *
   * @throws {WireError} It does not fit, and why.
   */
  prepare(change: JsonObject): Step {
    const step = this.plan(change);
    return {
      ...step,
      commit: () => {
        this.#sizeBytes += step.deltaBytes;
        step.commit();
      },
    };
  }

  /**
   * Checks a change and applies it.
   *
   * @throws {WireError} As `prepare`; nothing was changed.
   */
  apply(change: JsonObject): Change {
    const step = this.prepare(change);
    step.commit();
    return step.change;
  }

  /** As `prepare`, for a value of this type. */
  protected abstract plan(change: JsonObject): Step;
}

/** The refusal of a change that does not fit the value. */
export function misfit(message: string): WireError {
  return new WireError('bad_request', message, 'change');
}

/** The same text for equal values, in whatever order their members came. */
export function canonicalText(value: JsonValue): string {
  // Most items are a word or a number, and there may be many.
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Bytes of a value as JSON. */
export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

const ESCAPE_BYTES = 6;
const SHORT_ESCAPE_BYTES = 2;
/** Characters that JSON escapes by one more: `"`, `\`, and those of `\b`, `\t`, `\n`, `\f`, `\r`. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x22, 0x5c, 0x08, 0x09, 0x0a, 0x0c, 0x0d]);

/**
 * Bytes that a piece of text takes as JSON, without the quotes. Adds up, however a text is cut: half of a pair of
 * surrogates counts half, which is little less than it takes alone.
 */
export function textBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += unitBytes(text.charCodeAt(i));
  return bytes;
}

function unitBytes(unit: number): number {
  if (unit >= 0x800) return 3;
  if (unit >= 0x80) return 2;
  if (SHORT_ESCAPES.has(unit)) return SHORT_ESCAPE_BYTES;
  return unit < 0x20 ? ESCAPE_BYTES : 1;
}
