import { toStorageError } from './errors.ts';
import type { RecentRecords } from './recent-records.ts';
import type { SegmentList } from './segment-list.ts';
import type { Segment } from './segment.ts';

type Dependencies = Readonly<{
  segments: SegmentList;
  /** Records that were appended lately. */
  recent: Pick<RecentRecords, 'get'>;
  /** A segment has a line that can't be read, though its index says that there is one. */
  onUnreadable: (segment: Segment) => void;
}>;

/** Reads records by number, from memory where they are new, else by seeking. */
export class RecordReader {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * @returns As many as asked for, in the same order; `undefined` for those that are unknown, dropped or damaged.
   * @throws {StorageError} `storage_failed`.
   */
  async read(places: readonly number[]): Promise<unknown[]> {
    const { segments, recent } = this.#deps;
    const records = new Array<unknown>(places.length).fill(undefined);
    const toRead = new Map<Segment, number[]>();
    for (const [index, s] of places.entries()) {
      const segment = segments.find(s);
      if (segment === undefined) continue;
      records[index] = recent.get(s);
      if (records[index] === undefined) addTo(toRead, segment, index);
    }
    for (const [segment, indexes] of toRead) {
      const here = indexes.map((index) => places[index] ?? 0);
      const found = await this.#readIn(segment, here);
      for (const [i, index] of indexes.entries()) records[index] = found[i];
    }
    return records;
  }

  async #readIn(segment: Segment, places: readonly number[]): Promise<unknown[]> {
    const { segments, onUnreadable } = this.#deps;
    const lines = await segment.read(places).catch((cause: unknown) => {
      throw toStorageError(cause, segment.path);
    });
    // Another segment may have taken in this one while it was read.
    const isGone = segments.find(places[0] ?? 0) !== segment;
    if (isGone) return this.read(places);
    if (lines.some((line, i) => line === undefined && segment.has(places[i] ?? 0))) {
      onUnreadable(segment);
    }
    return lines.map((line) => line?.record);
  }
}

function addTo<K>(groups: Map<K, number[]>, key: K, index: number): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [index]);
  else group.push(index);
}
