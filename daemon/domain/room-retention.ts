import type { RetentionPeriod } from '../wire/gui-api.ts';
import { olderThan, periodMs } from './age.ts';
import type { Clock } from './ports.ts';
import type { Room } from './room-model.ts';
import type { Rooms } from './rooms.ts';

/** Of each room so many of its newest events stay, however old they are. Source: docs/rooms.md#what-is-kept. */
export const ROOM_MIN_EVENTS = 1000;
/** Events that are looked at in one go, and the pause before the next. */
const SLICE_EVENTS = 200;
const SLICE_PAUSE_MS = 50;

type Dependencies = Readonly<{
  rooms: Rooms;
  clock: Pick<Clock, 'after'>;
  /** How long events are kept. */
  period: RetentionPeriod;
}>;

/** Throws away what is older in rooms than the owner wants it to be, but for their newest events. */
export class RoomRetention {
  readonly #deps: Dependencies;
  #isStopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Whether anything is ever thrown away. */
  get isLimited(): boolean {
    return Number.isFinite(periodMs(this.#deps.period));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Goes through all rooms.
   *
   * @param trustedMs A time that is past for certain (D12), milliseconds since 1970.
   * @throws {StorageError} The rest goes another time.
   */
  async tidy(trustedMs: number): Promise<void> {
    if (!this.isLimited) return;
    const beforeMs = trustedMs - periodMs(this.#deps.period);
    for (const room of this.#deps.rooms.list()) await this.#tidyRoom(room, beforeMs);
  }

  /** From the oldest event to the first that is young enough, is unread or has to stay. */
  async #tidyRoom(room: Room, beforeMs: number): Promise<void> {
    const { rooms, clock } = this.#deps;
    const log = rooms.log(room);
    const lastRead = room.isJoined ? room.readUpTo : Infinity;
    const limit = Math.min(log.lastSeqnr - ROOM_MIN_EVENTS, lastRead);
    let next = log.firstSeqnr;
    let goneUpTo = next - 1;
    while (next <= limit && !this.#isStopped) {
      const upTo = Math.min(next + SLICE_EVENTS - 1, limit);
      const page = await log.read(next, upTo);
      const old = olderThan(beforeMs, page, ({ at }) => at);
      goneUpTo = old.at(-1)?.seqnr ?? goneUpTo;
      if (old.length < page.length) break;
      next = upTo + 1;
      await new Promise<void>((resolve) => void clock.after(SLICE_PAUSE_MS, resolve));
    }
    if (goneUpTo >= log.firstSeqnr) await rooms.trim(room.uid, goneUpTo + 1);
  }
}
