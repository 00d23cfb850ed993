/** What a process did to its files, as `strace` has seen it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const CALLS =
  'openat,write,pwrite64,fsync,fdatasync,rename,ftruncate,unlink,link,mkdir,writev,copy_file_range';

/** A change of files, in the order in which they were done. A sync has a beginning, since what is written later is not in it. */
export type FileEvent = Readonly<{
  /** When the call began, in milliseconds since 1970. */
  atMs: number;
}> &
  (
    | Readonly<{ kind: 'create'; path: string }>
    | Readonly<{ kind: 'write'; path: string; bytes: Buffer; offset: number | undefined }>
    | Readonly<{ kind: 'truncate'; path: string; sizeBytes: number }>
    | Readonly<{ kind: 'sync begins' | 'sync'; path: string }>
    | Readonly<{ kind: 'rename' | 'link'; from: string; path: string }>
    | Readonly<{ kind: 'unlink'; path: string }>
  );

/** Watches a running process. */
export class SyscallLog {
  readonly #path: string;
  readonly #ended: Promise<unknown>;

  private constructor(path: string, ended: Promise<unknown>) {
    this.#path = path;
    this.#ended = ended;
  }

  /** @returns `undefined` where there is no `strace`, or it may not look at other processes. */
  static async attach(pid: number, path: string): Promise<SyscallLog | undefined> {
    const words = ['-f', '-ttt', '-y', '-xx', '-s', '1000000', '-o', path, '-e', `trace=${CALLS}`];
    const tracer = spawn('strace', [...words, '-p', String(pid)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(tracer, 'exit').catch(() => undefined);
    const isAttached = await new Promise<boolean>((resolve) => {
      createInterface({ input: tracer.stderr }).on('line', (line) => {
        if (/attached/.test(line)) resolve(true);
      });
      void ended.then(() => resolve(false));
    });
    return isAttached ? new SyscallLog(path, ended) : undefined;
  }

  /** What was done below a folder; the process must have ended. */
  async read(folder: string): Promise<readonly FileEvent[]> {
    await this.#ended;
    const lines = (await readFile(this.#path, 'utf8')).split('\n');
    const reader = new Reader();
    return lines.flatMap((line) => reader.read(line)).filter(({ path }) => path.startsWith(folder));
  }
}

const LINE = /^(\d+) +(\d+\.\d+) (.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;
const SYNC = /^(?:fsync|fdatasync)\(\d+<([^>]*)>/;

/** Puts calls together that others came in between of. */
class Reader {
  readonly #begun = new Map<string, Readonly<{ atMs: number; text: string }>>();

  read(line: string): readonly FileEvent[] {
    const [, thread = '', seconds = '', text = ''] = LINE.exec(line) ?? [];
    const atMs = Number(seconds) * 1000;
    if (UNFINISHED.test(text)) return this.#begin(thread, atMs, text.replace(UNFINISHED, ''));
    if (!RESUMED.test(text)) return [...beginningOf(text, atMs), ...decode(text, atMs)];
    const begun = this.#begun.get(thread);
    return decode((begun?.text ?? '') + text.replace(RESUMED, ''), begun?.atMs ?? atMs);
  }

  #begin(thread: string, atMs: number, text: string): readonly FileEvent[] {
    this.#begun.set(thread, { atMs, text });
    return beginningOf(text, atMs);
  }
}

function beginningOf(text: string, atMs: number): readonly FileEvent[] {
  const [, path] = SYNC.exec(text) ?? [];
  return path === undefined ? [] : [{ kind: 'sync begins', atMs, path: plain(path) }];
}

type Decoder = readonly [RegExp, (found: readonly string[]) => DistributiveOmit<FileEvent>];
type DistributiveOmit<Event> = Event extends FileEvent ? Omit<Event, 'atMs'> : never;

const DECODERS: readonly Decoder[] = [
  [
    /^openat\(.*O_CREAT.*\) += \d+<([^>]*)>/,
    ([, path = '']) => ({ kind: 'create', path: plain(path) }),
  ],
  [
    /^pwrite64\(\d+<([^>]*)>, "([^"]*)", \d+, (\d+)\) += (\d+)$/,
    ([, path = '', bytes = '', offset, count]) => ({
      kind: 'write',
      path: plain(path),
      bytes: unhex(bytes).subarray(0, Number(count)),
      offset: Number(offset),
    }),
  ],
  [
    /^write\(\d+<([^>]*)>, "([^"]*)", \d+\) += (\d+)$/,
    ([, path = '', bytes = '', count]) => ({
      kind: 'write',
      path: plain(path),
      bytes: unhex(bytes).subarray(0, Number(count)),
      offset: undefined,
    }),
  ],
  [
    /^ftruncate\(\d+<([^>]*)>, (\d+)\) += 0$/,
    ([, path = '', size]) => ({ kind: 'truncate', path: plain(path), sizeBytes: Number(size) }),
  ],
  [
    /^(?:fsync|fdatasync)\(\d+<([^>]*)>\) += 0$/,
    ([, path = '']) => ({ kind: 'sync', path: plain(path) }),
  ],
  [
    /^(rename|link)\("([^"]*)", "([^"]*)"\) += 0$/,
    ([, kind, from = '', path = '']) => ({
      kind: kind === 'link' ? 'link' : 'rename',
      from: plain(from),
      path: plain(path),
    }),
  ],
  [/^unlink\("([^"]*)"\) += 0$/, ([, path = '']) => ({ kind: 'unlink', path: plain(path) })],
];

/** Calls that failed, or are of no interest, are nothing. */
function decode(text: string, atMs: number): readonly FileEvent[] {
  for (const [form, toEvent] of DECODERS) {
    const found = form.exec(text);
    if (found !== null) return [{ ...toEvent(found), atMs }];
  }
  return [];
}

function unhex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function plain(text: string): string {
  return unhex(text).toString('utf8');
}
