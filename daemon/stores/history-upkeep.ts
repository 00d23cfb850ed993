/** What is done to the history in the background: deleted messages leave the files, and old files are looked at. */
import { StorageError } from '../../storage/errors.ts';
import { type Journal, type SegmentView } from '../../storage/journal.ts';
import { SEGMENT_MAX_BYTES } from '../../storage/journal-options.ts';
import type { Judge } from '../../storage/rewrite.ts';
import type { Clock, Timer } from '../domain/ports.ts';
import type { MessageIndex } from './message-index.ts';
import { decodeRecord, type TombRecord } from './message-records.ts';
import type { RoomEventIndex } from './room-event-index.ts';

/** Pause after each piece of a file, of at most a mebibyte: so much the disk has for others. */
const PAUSE_MS = 100;
/** Less than this a start reads quickly enough, and an index is not written more often than a few times a segment. */
const INDEX_MIN_BYTES = 4 * 1024 * 1024;

export type UpkeepOptions = Readonly<{
  journal: Journal;
  index: MessageIndex;
  /** What the same journal holds of rooms. */
  rooms?: RoomEventIndex | undefined;
  clock: Clock;
  /** From the start, or from the first deletion, until the files are written anew, milliseconds. */
  delayMs: number;
  /** When nothing was stored for so long, what the next start would have to read gets an index; `undefined` for never. */
  restMs?: number | undefined;
}>;

export class HistoryUpkeep {
  readonly #journal: Journal;
  readonly #index: MessageIndex;
  readonly #rooms: RoomEventIndex | undefined;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #restMs: number | undefined;
  #timer: Timer | undefined;
  #restTimer: Timer | undefined;
  /** Last record when it was looked whether the journal rests. */
  #seenS = 0;
  #running: Promise<void> | undefined;
  #stop: (() => void) | undefined;
  #isStopped = false;

  constructor({ journal, index, rooms, clock, delayMs, restMs }: UpkeepOptions) {
    this.#journal = journal;
    this.#index = index;
    this.#rooms = rooms;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#restMs = restMs;
  }

  /** Goes on with what an earlier run has left, a while from now. */
  start(): void {
    this.#schedule(async () => {
      await this.#compact();
      await this.#journal.verify(this.#clock.nowMs(), this.#rest);
    });
    this.#watchRest();
  }

  /** Something was deleted. */
  noteDeletion(): void {
    this.#schedule(() => this.#compact());
  }

  /**
   * Takes what was deleted out of all files now.
   *
   * @throws {StorageError} Some of it may be left.
   */
  async tidy(): Promise<void> {
    await this.#running;
    const work = this.#compact();
    this.#running = work.catch(() => undefined);
    await work;
  }

  /** Resolves when nothing is going on any more; what was not done is for the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#restTimer?.cancel();
    this.#stop?.();
    await this.#running;
  }

  /** After a kill, all that came since the last index is read: at rest there is time to make that little. */
  #watchRest(): void {
    if (this.#restMs === undefined || this.#isStopped) return;
    this.#restTimer = this.#clock.after(this.#restMs, () => {
      const { lastS, bytesToRead } = this.#journal;
      const isAtRest = lastS === this.#seenS;
      this.#seenS = lastS;
      if (isAtRest && bytesToRead >= INDEX_MIN_BYTES) void this.#journal.keepIndex();
      this.#watchRest();
    });
  }

  #schedule(work: () => Promise<void>): void {
    if (this.#isStopped || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(this.#delayMs, () => {
      this.#timer = undefined;
      const former = this.#running ?? Promise.resolve();
      this.#running = former.then(work).catch((error: unknown) => this.#handleFailure(error));
    });
  }

  /** On a full or broken disk the files stay as they are; another time it may work. */
  #handleFailure(error: unknown): void {
    if (this.#isStopped) return;
    if (!(error instanceof StorageError)) throw error;
    this.noteDeletion();
  }

  /** Takes what was deleted out of all files. */
  async #compact(): Promise<void> {
    const cuts = this.#rooms?.cuts ?? [];
    const cutPlaces = cuts.flatMap(({ places }) => places);
    if (this.#index.deadSegments().isInOpen || this.#isInOpen(cutPlaces))
      await this.#journal.seal();
    const segments = this.#journal.segments();
    const { sealed } = this.#index.deadSegments();
    const ofRooms = segmentsAt(segments, [...(this.#rooms?.thinPlaces() ?? []), ...cutPlaces]);
    for (const group of groupSegments(segments, [...sealed, ...ofRooms])) {
      await this.#journal.rewrite(group, this.#judge, this.#rest);
    }
    this.#rooms?.forgetCuts(cuts);
  }

  /** Whether one of these places lies in the segment that is written now. */
  #isInOpen(places: readonly number[]): boolean {
    const open = this.#journal.segments().find(({ isSealed }) => !isSealed);
    return open !== undefined && open.firstS > 0 && places.some((place) => place >= open.firstS);
  }

  readonly #judge: Judge = (value, s) => {
    if (this.#rooms?.isGone(value, s) === true) return 'cut';
    const record = decodeRecord(value);
    if (record?.k === 'msg' && this.#index.isDead(s)) {
      const { n, d, id, q } = record;
      return { k: 'tomb', n, d, id, q } satisfies TombRecord;
    }
    const isOfNobody =
      record?.k === 'state' && record.of.every((of) => this.#index.stateOf(of) === undefined);
    return isOfNobody ? 'cut' : 'keep';
  };

  readonly #rest = async (): Promise<void> => {
    if (this.#isStopped) throw new StorageError('storage_failed', 'the daemon stops');
    await new Promise<void>((resolve) => {
      this.#stop = resolve;
      this.#clock.after(PAUSE_MS, resolve);
    });
  };
}

/** First numbers of the segments in which these places are. */
function segmentsAt(
  segments: readonly SegmentView[],
  places: readonly number[],
): readonly number[] {
  const at = (place: number): SegmentView | undefined =>
    segments.findLast(({ firstS, isSealed }) => isSealed && firstS > 0 && firstS <= place);
  return places.flatMap((place) => at(place)?.firstS ?? []);
}

/**
 * Which segments are written anew together: each that must be, with smaller ones before it, so that there are never many
 * small ones.
 *
 * @param firstNumbers First number of each segment that must be written anew.
 * @returns            First numbers of adjacent segments.
 */
export function groupSegments(
  segments: readonly SegmentView[],
  firstNumbers: readonly number[],
): readonly (readonly number[])[] {
  const mustGo = ({ firstS }: SegmentView): boolean => firstNumbers.includes(firstS);
  const groups: SegmentView[][] = [];
  for (const segment of segments.filter(({ isSealed, firstS }) => isSealed && firstS > 0)) {
    const group = groups.at(-1) ?? [];
    const isNear = sizeOf([...group, segment]) <= SEGMENT_MAX_BYTES;
    // What is only moved is not much more than what must be written anyway.
    const moved = sizeOf(group.filter((one) => !mustGo(one)));
    if (group.length > 0 && isNear && moved <= segment.sizeBytes * 2) group.push(segment);
    else groups.push([segment]);
  }
  return groups
    .map((group) => group.slice(0, group.findLastIndex(mustGo) + 1))
    .filter((group) => group.length > 0)
    .map((group) => group.map(({ firstS }) => firstS));
}

function sizeOf(segments: readonly SegmentView[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
