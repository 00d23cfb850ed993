/**
 * A small log of which only the newest lines count: added to, and from time to time replaced by one that has nothing but
 * those. Nothing of it is ever copied elsewhere, since it is there to hold what must be forgotten soon (D8).
 */
import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nodeDisk, type Disk } from './disk.ts';
import { errnoOf, toStorageError } from './errors.ts';
import { removeTemporaries, refuseLink } from './durable-file.ts';
import { formatBody, lineMaxBytes, parseLine, writeLine } from './line.ts';
import { refuseForeignAccess } from './private-file.ts';
import { isBehindHole, visitLines } from './scan.ts';
import { SyncPace, Tail } from './tail.ts';

/** As in a journal: of so few lines somebody waits for each. */
const INLINE_MAX_LINES = 4;

/** Lines that are written at once when there are many, so that nothing else waits for all of them. */
const LINES_PER_TURN = 50;

/** Where a line is: its number, and the bytes that it takes. */
export type LogLine = Readonly<{ s: number; sizeBytes: number }>;

export type CompactLogOptions = Readonly<{
  path: string;
  /** Sees every good line, in order. Must not throw. */
  onLine: (record: unknown, line: LogLine) => void;
  /** Whether to make room ahead of writes: worth it where most of them are synced. */
  hasRoom?: boolean;
  disk?: Disk;
}>;

/** One call at a time, but for `close`: whoever uses it has the queue. */
export class CompactLog {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #hasRoom: boolean;
  readonly #pace = new SyncPace();
  #tail: Tail | undefined;
  #sizeBytes = 0;
  #lastS = 0;
  #damagedLines = 0;

  private constructor({ path, hasRoom = false, disk = nodeDisk }: CompactLogOptions) {
    this.#path = path;
    this.#hasRoom = hasRoom;
    this.#disk = disk;
  }

  /**
   * Reads the log; what is not there is empty. A write that was cut off is removed, damaged lines are passed by.
   *
   * @throws {StorageError} `folder_unsafe`: others may read it, or it is a link. `storage_failed`.
   */
  static async open(options: CompactLogOptions): Promise<CompactLog> {
    const log = new CompactLog(options);
    try {
      await removeTemporaries(options.path);
      await log.#read(options.onLine);
      return log;
    } catch (cause) {
      throw toStorageError(cause, options.path);
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Lines in the middle that could not be read at opening. */
  get damagedLines(): number {
    return this.#damagedLines;
  }

  /** Nothing can be appended: there is no file yet, or it is not to be trusted. */
  get mustBeReplaced(): boolean {
    return this.#tail === undefined;
  }

  /**
   * Appends lines.
   *
   * @param mustSync Whether they are to be on the disk when it resolves.
   * @returns Where they are, in order.
   * @throws {StorageError} Nothing was kept; the log may have to be replaced.
   */
  async append(records: readonly object[], mustSync: boolean): Promise<readonly LogLine[]> {
    const { bytes, lines } = encode(records, this.#lastS + 1);
    try {
      this.#requireTail().write(bytes);
      if (mustSync) await this.#tail?.sync(lines.length <= INLINE_MAX_LINES);
    } catch (cause) {
      this.#retreat();
      throw toStorageError(cause, this.#path);
    } finally {
      bytes.fill(0);
    }
    this.#lastS += lines.length;
    this.#sizeBytes += bytes.byteLength;
    return lines;
  }

  /**
   * Replaces all lines; the new ones are on the disk when it resolves. After a crash at any moment either all the old
   * ones are there or all the new ones.
   *
   * @returns Where they are, in order.
   * @throws {StorageError} The old ones are in force still, unless the log must be replaced.
   */
  async replace(records: readonly object[]): Promise<readonly LogLine[]> {
    const temporary = `${this.#path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      const { tail, lines } = await this.#writeNew(temporary, records);
      this.#close();
      this.#syncName(tail);
      this.#tail = tail;
      this.#lastS += lines.length;
      this.#sizeBytes = lines.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return lines;
    } catch (cause) {
      throw toStorageError(cause, this.#path);
    }
  }

  /** Makes the name of a new file last. Where that fails it may be there or not, so nothing is added to it. */
  #syncName(tail: Tail): void {
    try {
      this.#disk.syncFolder(dirname(this.#path));
    } catch (cause) {
      tail.close();
      throw cause;
    }
  }

  /**
   * Resolves when all that was appended is on the disk.
   *
   * @throws {StorageError} The log must be replaced.
   */
  async sync(): Promise<void> {
    try {
      await this.#tail?.sync(false);
    } catch (cause) {
      this.#retreat();
      throw toStorageError(cause, this.#path);
    }
  }

  close(): void {
    this.#close();
  }

  async #read(onLine: CompactLogOptions['onLine']): Promise<void> {
    if (!(await this.#isThere())) return;
    const end = { badLines: 0, isTorn: false, hasHole: false };
    const { blankBytes } = await visitLines(this.#path, (bytes, at) => {
      const line = parseLine(bytes, at.start, at.end);
      if (!at.isTerminated) end.isTorn = true;
      end.hasHole ||= isBehindHole(at);
      // Behind a hole is what was being written when power went, and never counted.
      const isCutOff = end.hasHole && line?.s !== this.#lastS + 1;
      if (line === undefined || line.s <= this.#lastS || isCutOff) {
        end.badLines++;
        return 'go on';
      }
      const sizeBytes = at.end - at.start + 1;
      this.#damagedLines += end.badLines;
      end.badLines = 0;
      end.hasHole = false;
      this.#lastS = line.s;
      this.#sizeBytes = at.offset + sizeBytes;
      onLine(line.record, { s: line.s, sizeBytes });
      return 'go on';
    });
    // A whole line without its end is good, but nothing can be put behind it.
    if (end.isTorn && end.badLines === 0) return;
    this.#openTail(end.badLines + blankBytes > 0);
  }

  async #isThere(): Promise<boolean> {
    await refuseLink(this.#path);
    try {
      await refuseForeignAccess(this.#path);
      return true;
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return false;
      throw cause;
    }
  }

  #openTail(isTorn: boolean): void {
    const fd = this.#disk.open(this.#path, 'existing');
    this.#tail = this.#createTail(fd, this.#sizeBytes);
    if (isTorn) this.#tail.cut();
  }

  #createTail(fd: number, sizeBytes: number): Tail {
    return new Tail({
      disk: this.#disk,
      fd,
      goodBytes: sizeBytes,
      fileBytes: sizeBytes,
      pace: this.#pace,
      hasRoom: this.#hasRoom,
    });
  }

  #requireTail(): Tail {
    if (this.#tail === undefined) throw new Error('the log must be replaced first');
    return this.#tail;
  }

  /** Makes a file of these lines, and gives it the log's name when it is on the disk. */
  async #writeNew(
    temporary: string,
    records: readonly object[],
  ): Promise<Readonly<{ tail: Tail; lines: readonly LogLine[] }>> {
    const tail = this.#createTail(this.#disk.open(temporary, 'create'), 0);
    const lines: LogLine[] = [];
    try {
      while (lines.length < records.length) {
        const some = records.slice(lines.length, lines.length + LINES_PER_TURN);
        const encoded = encode(some, this.#lastS + 1 + lines.length);
        tail.write(encoded.bytes);
        encoded.bytes.fill(0);
        lines.push(...encoded.lines);
        await nextTurn();
      }
      await tail.sync(false);
      await rename(temporary, this.#path);
      return { tail, lines };
    } catch (cause) {
      tail.close();
      this.#disk.remove(temporary);
      throw cause;
    }
  }

  /** Takes back what a failed append left. After a failed sync nothing that the file says can be believed (D6). */
  #retreat(): void {
    const tail = this.#tail;
    const isUntrusted = tail?.isUntrusted !== false;
    try {
      tail?.cutAt(this.#sizeBytes);
    } catch {
      // Then the next write does it, or the file is replaced.
    }
    if (isUntrusted) this.#close();
  }

  #close(): void {
    const tail = this.#tail;
    this.#tail = undefined;
    try {
      tail?.close();
    } catch {
      // All that counts was synced before, or its failure told.
    }
  }
}

function encode(
  records: readonly object[],
  firstS: number,
): Readonly<{ bytes: Uint8Array; lines: readonly LogLine[] }> {
  const bodies = records.map(formatBody);
  const target = Buffer.allocUnsafe(bodies.reduce((sum, body) => sum + lineMaxBytes(body), 0));
  let end = 0;
  const lines = bodies.map((body, index) => {
    const start = end;
    end = writeLine(target, start, firstS + index, body);
    return { s: firstS + index, sizeBytes: end - start };
  });
  return { bytes: target.subarray(0, end), lines };
}
