/**
 * When a message was written, in the forms in which peers say it.
 *
 * Source: docs/peer-protocol.md.
 */

/** Numbers from here on are milliseconds: as seconds they would lie after the year 5100. */
const EPOCH_MS_MIN = 100_000_000_000;
/** The last instant that a Date can hold. */
const INSTANT_MAX_MS = 8_640_000_000_000_000;
const ISO_8601 =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * What a timestamp means: ISO 8601 (UTC when it names no zone), epoch seconds or epoch milliseconds, as number
 * or string.
 *
 * @returns Milliseconds since 1970, or `undefined` when it is none of these.
 */
export function interpretTimestamp(raw: string | number): number | undefined {
  const text = typeof raw === 'string' ? raw.trim() : raw;
  if (typeof text === 'number' || /^-?\d+(?:\.\d+)?$/.test(text)) {
    const value = Number(text);
    const instant = Math.round(Math.abs(value) >= EPOCH_MS_MIN ? value : value * 1000);
    return Math.abs(instant) <= INSTANT_MAX_MS ? instant : undefined;
  }
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const hasZone = match[1] !== undefined || text.length === 10;
  const instant = Date.parse(`${text.replace(' ', 'T').replace(',', '.')}${hasZone ? '' : 'Z'}`);
  return Number.isNaN(instant) ? undefined : instant;
}

const MS_PER_SECOND = 1000;

/** A second, and its text up to the decimal point. */
type FormattedSecond = { second: number; text: string };

/**
 * The two seconds that were formatted last: a message has the time of its writing and that of its arrival, and the next
 * one comes within the same two.
 */
let latest: FormattedSecond = { second: NaN, text: '' };
let former: FormattedSecond = { second: NaN, text: '' };

/**
 * The timestamp that we send: ISO 8601 UTC with milliseconds. Several are made for every message, and a `Date` takes
 * twenty times as long.
 *
 * @param instantMs Milliseconds since 1970; what is less than one is dropped.
 * @throws {RangeError} No Date can hold it.
 */
export function formatTimestamp(instantMs: number): string {
  const whole = Math.trunc(instantMs);
  const second = Math.floor(whole / MS_PER_SECOND);
  if (second !== latest.second) {
    [latest, former] = [former, latest];
    if (second !== latest.second) {
      latest.text = new Date(whole).toISOString().slice(0, -'000Z'.length);
      latest.second = second;
    }
  }
  const ms = String(whole - second * MS_PER_SECOND).padStart(3, '0');
  return `${latest.text}${ms}Z`;
}
