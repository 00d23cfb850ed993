import { isMembers, isOneOf, type Members } from './members.ts';

/** Times from here on are milliseconds, below seconds. 1973 is early enough for the one, 5138 late enough for the other. */
const MILLISECONDS_FROM = 1e11;

/** A member of a document has a type that it can not have. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

/**
 * Reads the members of an object that a person may have written: what is absent gets a default, what has another type
 * is an error, what we do not know is kept.
 */
export class FieldReader {
  readonly #members: Members;
  readonly #known = new Set<string>();

  /** @throws {FieldError} The value is no object. */
  constructor(value: unknown) {
    if (!isMembers(value)) throw new FieldError('is no object');
    this.#members = value;
  }

  has(name: string): boolean {
    return this.#take(name) !== undefined;
  }

  /** @throws {FieldError} */
  text(name: string, fallback = ''): string {
    const value = this.#take(name) ?? fallback;
    if (typeof value !== 'string') throw new FieldError(`${name} is no text`);
    return value;
  }

  /** 0, 1, false or true. @throws {FieldError} */
  flag(name: string, fallback = false): boolean {
    const value = this.#take(name) ?? fallback;
    if (value === true || value === 1) return true;
    if (value === false || value === 0) return false;
    throw new FieldError(`${name} is neither 0 nor 1`);
  }

  /** A number that counts something. @throws {FieldError} */
  count(name: string, fallback: number): number {
    const value = this.#take(name) ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new FieldError(`${name} is no whole number`);
  }

  /** @throws {FieldError} */
  choice<const T extends readonly string[]>(name: string, choices: T, fallback: T[number]) {
    const value = this.#take(name) ?? fallback;
    if (isOneOf(choices, value)) return value;
    throw new FieldError(`${name} is none of ${choices.join(', ')}`);
  }

  /** Milliseconds since 1970; `undefined` for `""`, for nothing and for what is no time. */
  time(name: string): number | undefined {
    const value = this.#take(name);
    if (typeof value === 'number') return value < MILLISECONDS_FROM ? value * 1000 : value;
    const ms = typeof value === 'string' ? Date.parse(value) : NaN;
    return Number.isNaN(ms) ? undefined : ms;
  }

  /** An object inside this one; without members when it is absent. @throws {FieldError} */
  object(name: string): FieldReader {
    return new FieldReader(this.#take(name) ?? {});
  }

  /** Objects in a list; none when it is absent. @throws {FieldError} */
  list(name: string): FieldReader[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value)) throw new FieldError(`${name} is no list`);
    return value.map((item) => new FieldReader(item));
  }

  /** Texts in a list; none when it is absent. @throws {FieldError} */
  texts(name: string): readonly string[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw new FieldError(`${name} is no list of texts`);
    }
    return value;
  }

  /** Numbers in a list that count something; none when it is absent. @throws {FieldError} */
  counts(name: string): readonly number[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value) || !value.every((item) => Number.isSafeInteger(item) && item >= 0)) {
      throw new FieldError(`${name} is no list of whole numbers`);
    }
    return value as readonly number[];
  }

  /** Members that nobody asked for. */
  rest(): Members {
    return Object.fromEntries(
      Object.entries(this.#members).filter(([name]) => !this.#known.has(name)),
    );
  }

  #take(name: string): unknown {
    this.#known.add(name);
    return this.#members[name];
  }
}

/** ISO 8601, or `""` for a time that is not known. */
export function formatTime(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}
