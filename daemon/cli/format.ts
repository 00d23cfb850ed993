/** Text for people at a terminal. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Controls, and marks that turn the direction of writing: a terminal would obey them. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Foreign text made harmless for a terminal: what it would obey is shown instead. Line ends stay. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Foreign text on one line. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}

/** Rows as aligned columns, two blanks apart. Cells are one line each. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** How long ago, in words: "just now", "5 minutes ago", "on 2026-03-01". */
export function formatAge(isoTime: string, nowMs: number): string {
  const ageMs = nowMs - Date.parse(isoTime);
  if (ageMs < MINUTE_MS) return 'just now';
  if (ageMs < HOUR_MS) return ago(ageMs / MINUTE_MS, 'minute');
  if (ageMs < DAY_MS) return ago(ageMs / HOUR_MS, 'hour');
  if (ageMs < 14 * DAY_MS) return ago(ageMs / DAY_MS, 'day');
  return `on ${formatTime(isoTime).slice(0, 10)}`;
}

/** An instant in local time, to the minute: `2026-11-20 14:05`. */
export function formatTime(isoTime: string): string {
  const time = new Date(isoTime);
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Bytes in the unit that suits them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** A number with its noun. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

function ago(amount: number, unit: string): string {
  return `${count(Math.floor(amount), unit)} ago`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Code points are a good enough measure of columns for nicks and addresses. */
function width(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}
