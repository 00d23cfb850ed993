/** Looking into JSON of our own that a crash, a newer version or a person may have changed. */

/** A JSON object, its members unknown. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isOneOf<const T extends readonly string[]>(
  choices: T,
  value: unknown,
): value is T[number] {
  return typeof value === 'string' && choices.includes(value);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
