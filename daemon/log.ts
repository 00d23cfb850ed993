/** The daemon's log: JSON lines on standard error, redacted, repeated errors counted (docs/security.md, G27). */
import { pino, destination as openDestination } from 'pino';
import { redact, type Facts } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where the parts of the daemon report. `event` is a fixed phrase; what varies goes into facts. */
export interface Log {
  debug(event: string, facts?: Facts): void;
  info(event: string, facts?: Facts): void;
  /** The same event again within a minute is counted, and the count told later. */
  warn(event: string, facts?: Facts): void;
  /** As `warn`. */
  error(event: string, facts?: Facts): void;
  /** Writes the counts that were not told yet. */
  close(): void;
}

export type LogOptions = Readonly<{
  level: LogLevel;
  /** Takes whole lines; standard error unless said otherwise. */
  destination?: Readonly<{ write(line: string): void }>;
  nowMs?: () => number;
}>;

/** How long the same warning or error is counted only. Source: docs/security.md, G27. */
const REPEAT_WINDOW_MS = 60_000;
/** Different events that are watched for repetition; their names are fixed phrases, so this is plenty. */
const REPEAT_MAX_EVENTS = 256;
const STANDARD_ERROR = 2;

/** Opens the log. Lines are written at once, so none is lost when the process ends. */
export function openLog({
  level,
  destination = standardError(),
  nowMs = Date.now,
}: LogOptions): Log {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    destination,
  );
  const write = (at: LogLevel, event: string, facts: Facts): void => {
    if (lines.isLevelEnabled(at)) lines[at](redact(facts, level === 'debug'), event);
  };
  const repeats = new Repeats(write, nowMs);
  return {
    debug: (event, facts = {}) => write('debug', event, facts),
    info: (event, facts = {}) => write('info', event, facts),
    warn: (event, facts = {}) => repeats.note('warn', event, facts),
    error: (event, facts = {}) => repeats.note('error', event, facts),
    close: () => repeats.tell(Infinity),
  };
}

type Write = (level: LogLevel, event: string, facts: Facts) => void;
type Repeat = { readonly level: LogLevel; readonly event: string; endsAt: number; count: number };

/** Counts what comes again and again, instead of writing it. */
class Repeats {
  readonly #write: Write;
  readonly #nowMs: () => number;
  readonly #byKey = new Map<string, Repeat>();

  constructor(write: Write, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  note(level: LogLevel, event: string, facts: Facts): void {
    const now = this.#nowMs();
    this.tell(now);
    const key = `${level} ${event} ${codeIn(facts)}`;
    const repeat = this.#byKey.get(key);
    if (repeat !== undefined) {
      repeat.count++;
      return;
    }
    if (this.#byKey.size < REPEAT_MAX_EVENTS) {
      this.#byKey.set(key, { level, event, endsAt: now + REPEAT_WINDOW_MS, count: 0 });
    }
    this.#write(level, event, facts);
  }

  /** Writes and forgets the counts whose window ended by `now`. */
  tell(now: number): void {
    for (const [key, { level, event, endsAt, count }] of this.#byKey) {
      // In the order of their ends: the first that is open ends the walk.
      if (endsAt > now) return;
      this.#byKey.delete(key);
      if (count > 0) this.#write(level, event, { repeated: count });
    }
  }
}

/** Two failures of one kind are the same event only if their codes are the same. */
function codeIn(facts: Facts): string {
  const error = Object.values(facts).find((fact) => fact instanceof Error);
  const code = error !== undefined && 'code' in error ? error.code : facts['code'];
  return typeof code === 'string' ? code : '';
}

/** Written synchronously, since what is worth logging often comes right before the end. */
function standardError(): Readonly<{ write(line: string): void }> {
  const stream = openDestination({ dest: STANDARD_ERROR, sync: true });
  // Whoever read the log may be gone; there is no other place to say so.
  stream.on('error', () => undefined);
  return stream;
}
