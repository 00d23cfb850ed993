import * as v from 'valibot';

/** What went wrong with outside data. `bad_request` unless a more telling code exists. */
export type WireErrorCode = 'bad_request' | 'bad_address' | 'too_large';

/** Outside data that does not fit its wire format. The sentence may be shown to whoever sent it. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;
  /** Path of the offending member, `''` for the whole. */
  readonly field: string;

  constructor(code: WireErrorCode, message: string, field = '', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.field = field;
  }
}

/** Levels of nesting that we read. Source: docs/security.md, G14. */
export const JSON_MAX_DEPTH = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** Whether JSON text nests deeper than `maxDepth`; looks at brackets outside strings only, so it is cheap. */
export function isTooDeep(text: string, maxDepth = JSON_MAX_DEPTH): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > maxDepth) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
    }
  }
  return false;
}

/** Whether JSON text has more than `maxCommas` commas outside strings, so about that many members and elements. */
function isTooWide(text: string, maxCommas: number): boolean {
  let commas = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === COMMA && ++commas > maxCommas) return true;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the text's end when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/**
 * Parses JSON text of unknown origin, without judging its shape.
 *
 * @param maxMembers Members and elements in all; every one more costs a little memory and time.
 * @throws {WireError} `bad_request`: not JSON, nested deeper than `JSON_MAX_DEPTH`, or more members than allowed.
 */
export function parseJson(text: string, maxMembers = Infinity): unknown {
  if (isTooDeep(text)) {
    throw new WireError('bad_request', `nested deeper than ${JSON_MAX_DEPTH} levels`);
  }
  // Shorter texts cannot have so many.
  if (text.length > maxMembers && isTooWide(text, maxMembers)) {
    throw new WireError('bad_request', `more than ${maxMembers} members`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new WireError('bad_request', 'not JSON', '', { cause });
  }
}

/**
 * Checks a value of unknown origin against a schema and returns a fresh object with the named members only.
 *
 * @throws {WireError} `bad_request`, naming the first member that does not fit.
 */
export function decodeValue<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? '';
  throw new WireError(
    'bad_request',
    field === '' ? issue.message : `${field}: ${issue.message}`,
    field,
  );
}

/**
 * Parses and checks JSON text in one go.
 *
 * @throws {WireError} `bad_request`.
 */
export function decode<const Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  return decodeValue(schema, parseJson(text));
}

/** A string without lone surrogates: it survives UTF-8 and back unchanged. */
export const WellFormed = v.pipe(
  v.string(),
  v.check((text) => isWellFormed(text), 'has a lone surrogate'),
);

/** Whether a string survives UTF-8 unchanged. `String#isWellFormed` came with ES2024. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
