/** Results as tables: aligned for a terminal, or as Markdown for docs/performance.md. */

export type Table = Readonly<{
  title: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}>;

/** Stands where there is nothing to tell. */
const UNKNOWN = '–';

export type TableFormat = 'text' | 'markdown';

export function formatTable({ title, columns, rows }: Table, format: TableFormat): string {
  const lines = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => width(line[column]))));
  const [head = '', ...body] = lines.map((line) =>
    line.map((text, column) => pad(text, widths[column] ?? 0, column)).join(' | '),
  );
  const rule = widths
    .map((size, column) => (column === 0 ? '-'.repeat(size) : `${'-'.repeat(size - 1)}:`))
    .join(' | ');
  const table = [head, rule, ...body];
  return format === 'markdown'
    ? `### ${title}\n\n${table.map((line) => `| ${line} |`).join('\n')}\n`
    : `${title}\n${table.map((line) => `  ${line}`).join('\n')}\n`;
}

/** A whole number with thousands marked. */
export function formatCount(value: number): string {
  if (Number.isNaN(value)) return UNKNOWN;
  return Math.round(value).toLocaleString('en-US');
}

/** Milliseconds, the more exact the shorter. */
export function formatMs(ms: number): string {
  if (Number.isNaN(ms)) return UNKNOWN;
  return ms < 100 ? ms.toFixed(2) : formatCount(ms);
}

export function formatRatio(value: number, base: number): string {
  if (Number.isNaN(base)) return UNKNOWN;
  return `${(value / base).toFixed(2)}×`;
}

function pad(text: string, size: number, column: number): string {
  return column === 0 ? text.padEnd(size) : text.padStart(size);
}

function width(text = ''): number {
  return text.length;
}
