import type { SyncEvent } from '../wire/room-sync.ts';
import type { RoomEvent } from './room-model.ts';

/** Events of one answer, and about how many bytes they may have. */
export const ANSWER_MAX_EVENTS = 1000;
const ANSWER_MAX_BYTES = 512 * 1024;
/** What an event's line has besides its body. */
const LINE_BYTES = 200;

/** Events of one answer to a daemon that mirrors rooms, as many as fit. */
export class EventAnswer {
  readonly events: SyncEvent[] = [];
  #sizeBytes = 0;
  #isFull = false;

  /** Something did not fit, or as good as nothing would. */
  get isFull(): boolean {
    return this.#isFull || this.events.length >= ANSWER_MAX_EVENTS;
  }

  /** @returns Whether it fitted. */
  add(event: RoomEvent): boolean {
    const one = toSyncEvent(event);
    // One event always fits, however long it is.
    this.#isFull ||= this.events.length > 0 && this.#sizeBytes + sizeOf(one) > ANSWER_MAX_BYTES;
    if (this.isFull) return false;
    this.#sizeBytes += sizeOf(one);
    this.events.push(one);
    return true;
  }

  /** @returns Whether any fitted, or there are none. */
  addAll(events: readonly RoomEvent[]): boolean {
    const before = this.events.length;
    for (const event of events) if (!this.add(event)) break;
    return events.length === 0 || this.events.length > before;
  }
}

function toSyncEvent(event: RoomEvent): SyncEvent {
  const { room, seqnr, uid, at, type } = event;
  const [from, body] =
    event.type === 'MSG' ? [event.from, event.text] : ['', JSON.stringify(event.users)];
  return { room, seqnr, uid, type, from, at, body };
}

/** At most two bytes a unit, as most of what is escaped has; what has three counts as two here, of which there is room. */
function sizeOf({ body, from }: SyncEvent): number {
  return LINE_BYTES + 2 * (body.length + from.length);
}
