/** What happens to the files of a journal while it is in use: they are written anew, looked at and removed. */
import { attempt } from './attempt.ts';
import type { Disk } from './disk.ts';
import { toStorageError } from './errors.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { rewrite, type Judge } from './rewrite.ts';
import type { SegmentList } from './segment-list.ts';
import type { ScanSurroundings } from './segment-scan.ts';
import type { Segment } from './segment.ts';
import { verify } from './verify.ts';

/** Called again and again; the work goes on when it resolves. */
export type Rest = () => Promise<void>;

type Dependencies = Readonly<{
  folder: string;
  segments: SegmentList;
  /** `undefined`: nothing is derived, and nothing written anew. */
  keeper: IndexKeeper | undefined;
  surroundings: Omit<ScanSurroundings, 'onRecord'>;
}>;

/** One change after the other; reading goes on meanwhile. */
export class SegmentChanges {
  readonly #deps: Dependencies;
  readonly #disk: Disk;
  #last: Promise<void> = Promise.resolve();
  /** Files whose records others have since, oldest first. */
  readonly #superfluous: Segment[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#disk = deps.surroundings.disk;
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** As `Journal.rewrite`. */
  rewrite(firstNumbers: readonly number[], judge: Judge, rest: Rest): Promise<void> {
    return this.#inTurn(() => this.#rewrite(firstNumbers, judge, rest));
  }

  /**
   * Looks whether a segment is as it was written. What is damaged is reported, and read as it is at the next start.
   *
   * @param nowMs Milliseconds since 1970, to leave out what was looked at lately; `undefined` when it is due anyway.
   * @throws {StorageError} `storage_failed`.
   */
  verify(number: number, nowMs: number | undefined, rest: Rest): Promise<void> {
    return this.#inTurn(() => this.#verify(number, nowMs, rest));
  }

  /** As `Journal.dropSegmentsBefore`. */
  dropBefore(s: number): Promise<void> {
    return this.#inTurn(async () => {
      const { segments } = this.#deps;
      for (let one = segments.removeOldestBefore(s); one; one = segments.removeOldestBefore(s)) {
        this.#superfluous.push(one);
      }
      this.#removeSuperfluous();
    });
  }

  async #verify(number: number, nowMs: number | undefined, rest: Rest): Promise<void> {
    const { folder, segments, keeper } = this.#deps;
    const segment = segments.all.find((one) => one.number === number);
    if (segment === undefined) return;
    try {
      const surroundings = this.#surroundings();
      const isWhole = await verify({ folder, segment, surroundings, nowMs, rest });
      // What it says is not all true any more, and the next start makes another one.
      if (!isWhole) await keeper?.release([segment]);
    } catch (cause) {
      throw toStorageError(cause, segment.path);
    }
  }

  async #rewrite(firstNumbers: readonly number[], judge: Judge, rest: Rest): Promise<void> {
    const { folder, keeper } = this.#deps;
    const sealed = this.#deps.segments.all.slice(0, -1);
    const segments = sealed.filter(({ firstS }) => firstNumbers.includes(firstS));
    const [segment, ...others] = segments;
    if (keeper === undefined || segment === undefined) return;
    this.#removeSuperfluous();
    const digest = keeper.createDigest();
    const temporary = `${segment.path}.tmp`;
    const surroundings = this.#surroundings();
    const rewriting = { segments, folder, judge, digest, surroundings, rest };
    try {
      const layout = await rewrite(rewriting, temporary);
      await keeper.release(segments);
      this.#disk.rename(temporary, segment.path);
      // Whoever reads finds the new file with the new places, or tries again.
      keeper.replace(segments, layout, digest);
    } catch (cause) {
      attempt(() => this.#disk.remove(temporary));
      throw toStorageError(cause, segment.path);
    }
    this.#deps.segments.remove(others);
    this.#superfluous.push(...others);
    this.#syncFolder();
    this.#removeSuperfluous();
  }

  /**
   * Removes files, the oldest first, each for good before the next: as long as one is there, what took its place counts
   * only up to where it begins, and those behind it must be there as well.
   */
  #removeSuperfluous(): void {
    for (let one = this.#superfluous[0]; one !== undefined; one = this.#superfluous[0]) {
      try {
        this.#disk.remove(one.path);
      } catch (cause) {
        throw toStorageError(cause, one.path);
      }
      this.#syncFolder();
      this.#superfluous.shift();
    }
  }

  #syncFolder(): void {
    const { folder } = this.#deps;
    try {
      this.#disk.syncFolder(folder);
    } catch (cause) {
      throw toStorageError(cause, folder);
    }
  }

  #surroundings(): ScanSurroundings {
    return { ...this.#deps.surroundings, onRecord: () => undefined };
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const result = this.#last.then(change);
    // Whoever asked for it hears of a failure; the next one begins all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
