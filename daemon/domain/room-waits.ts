import type { Clock, Timer } from './ports.ts';
import type { RoomUid } from './room-model.ts';

/** What answering one of those who wait costs, roughly: a request with its answer and the next request. */
const ANSWER_COST_MS = 0.1;
/** Longest that news wait for more of their kind. */
const PACE_MAX_MS = 100;

type Wait = Readonly<{ end: () => void }>;

/**
 * Those who wait for something to happen in a room. While they wait they cost a timer and nothing else.
 *
 * Waking very many for each single event would leave no time for anything but waking: news of a room come at a pace that
 * allows for answering all who wait for them, so that with hundreds of them several events travel together.
 */
export class RoomWaits {
  readonly #clock: Clock;
  readonly #waits = new Map<RoomUid, Set<Wait>>();
  /** When the next news of a room may be told, on the monotonic clock. */
  readonly #paces = new Map<RoomUid, number>();
  readonly #late = new Map<RoomUid, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until something happens or the time is over.
   *
   * @param onEnd Called once, unless the wait was called off before.
   * @returns Calls the wait off.
   */
  begin(room: RoomUid, waitMs: number, onEnd: () => void): () => void {
    const waits = this.#waits.get(room) ?? new Set<Wait>();
    this.#waits.set(room, waits);
    const cancel = (): void => {
      timer.cancel();
      waits.delete(wait);
      if (waits.size === 0 && this.#waits.get(room) === waits) this.#waits.delete(room);
    };
    const end = (): void => {
      cancel();
      onEnd();
    };
    const wait = { end };
    waits.add(wait);
    const timer = this.#clock.after(waitMs, end);
    return cancel;
  }

  /** Something happened in a room. */
  wake(room: RoomUid): void {
    if (!this.#waits.has(room) || this.#late.has(room)) return;
    const delayMs = (this.#paces.get(room) ?? 0) - this.#clock.monotonicMs();
    if (delayMs < 1) this.#wakeNow(room);
    else
      this.#late.set(
        room,
        this.#clock.after(delayMs, () => this.#wakeNow(room)),
      );
  }

  /** Ends every wait, at once: whoever waits in vain should hear of it. */
  wakeAll(): void {
    for (const room of [...this.#waits.keys()]) this.wakeNow(room);
  }

  /** As `wake`, without regard to the pace. */
  wakeNow(room: RoomUid): void {
    this.#late.get(room)?.cancel();
    this.#wakeNow(room);
  }

  #wakeNow(room: RoomUid): void {
    this.#late.delete(room);
    const waits = [...(this.#waits.get(room) ?? [])];
    const pauseMs = Math.min(PACE_MAX_MS, waits.length * ANSWER_COST_MS);
    if (pauseMs >= 1) this.#paces.set(room, this.#clock.monotonicMs() + pauseMs);
    else this.#paces.delete(room);
    for (const { end } of waits) end();
  }
}
