/** Shallow checks of JSON that a daemon sent. */
import type { JsonValue } from '../../daemon/wire/topic-terms.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a member of parsed JSON is there: whatever it is, it is JSON. */
export function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}

/** A list of parsed JSON; `undefined` for anything else. */
export function jsonListOf(value: unknown): readonly JsonValue[] | undefined {
  return Array.isArray(value) ? value.filter(isJson) : undefined;
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Parses a frame; `undefined` for whatever is no JSON object. */
export function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    // Whatever that is, it is no frame.
    return undefined;
  }
}
