/** Sees to it that sealed segments have an index of words before somebody searches, without getting in anybody's way. */
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../../storage/errors.ts';
import type { Clock, Timer } from '../domain/ports.ts';
import { removeOutdated } from './word-file.ts';
import { wordPath, type JournalWordIndex } from './word-index.ts';

/** After a start there is more important work. */
const FIRST_LOOK_MS = 10_000;
const LOOK_MS = 60_000;
/** Between pieces of work of 2 ms: at most a tenth of a processor. */
const PAUSE_MS = 20;
/** So many records since the last look: the processor is needed for messages. */
const BUSY_RECORDS = 10_000;
/** Files of an index, and what an interrupted write left of one; with the number of the process that wrote. */
const OURS = /\.words(?:\.(\d+)\.\w+\.tmp)?$/;

export type WordKeeperOptions = Readonly<{
  index: Pick<JournalWordIndex, 'segments' | 'prepare'>;
  clock: Clock;
  /** Indexes are made when somebody searches, and not before. */
  isLazy: boolean;
  onDefect: (error: unknown) => void;
}>;

/** Looks once a minute for segments without an index, and for indexes of what is not there any more. */
export class WordKeeper {
  readonly #options: WordKeeperOptions;
  #timer: Timer | undefined;
  #isStopped = true;
  #endPause: (() => void) | undefined;
  #lastS = 0;
  /** Sizes of the segments whose indexes were looked at. */
  readonly #checked = new Map<string, number>();

  constructor(options: WordKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.#lastS = this.#newestS();
    this.#lookAfter(FIRST_LOOK_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#endPause?.();
  }

  #lookAfter(delayMs: number): void {
    if (this.#isStopped) return;
    const look = (): void => {
      this.#look()
        .catch((error: unknown) => (this.#isStopped ? undefined : this.#options.onDefect(error)))
        .finally(() => this.#lookAfter(LOOK_MS));
    };
    this.#timer = this.#options.clock.after(delayMs, look);
  }

  async #look(): Promise<void> {
    const newestS = this.#newestS();
    const isBusy = newestS - this.#lastS > BUSY_RECORDS;
    this.#lastS = newestS;
    if (isBusy) return;
    await this.#sweep();
    if (!this.#options.isLazy) await this.#options.index.prepare(() => this.#pause());
  }

  /** An index of what is not there any more tells what was written there. */
  async #sweep(): Promise<void> {
    const segments = this.#options.index.segments();
    const [first] = segments;
    if (first === undefined) return;
    const folder = dirname(first.path);
    const wanted = new Set(segments.map(({ path }) => basename(wordPath(path))));
    for (const name of await readdir(folder)) {
      const [ours, writer] = OURS.exec(name) ?? [];
      const isStray = ours !== undefined && !wanted.has(name) && writer !== String(process.pid);
      if (isStray) await unlink(join(folder, name));
    }
    for (const { path, sizeBytes, isSealed } of segments) {
      if (!isSealed || this.#checked.get(path) === sizeBytes) continue;
      await removeOutdated(wordPath(path), { path, sizeBytes }).catch(ignoreMissing);
      this.#checked.set(path, sizeBytes);
    }
  }

  #newestS(): number {
    return this.#options.index.segments().at(-1)?.lastS ?? 0;
  }

  /** Rejects when the keeper is stopped: what is being made then is of no use. */
  #pause(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => (this.#isStopped ? reject(new Error('stopped')) : resolve());
      this.#endPause = end;
      if (this.#isStopped) end();
      else this.#options.clock.after(PAUSE_MS, end);
    });
  }
}

/** A segment that was dropped meanwhile is looked at no more. */
function ignoreMissing(cause: unknown): void {
  if (errnoOf(cause) !== 'ENOENT') throw cause;
}
