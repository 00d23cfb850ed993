import type { Derivation, DerivedSections, Digest } from '../../storage/derivation.ts';
import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { MessageIndex } from './message-index.ts';
import { RoomEventColumns } from './room-event-columns.ts';
import type { RoomEventIndex } from './room-event-index.ts';

/** Of the form of the columns of rooms; counts besides that of messages. */
const ROOMS_VERSION = 1;
const VERSIONS_OF_MESSAGES = 1000;

/** All that is derived from the history: messages and events of rooms, side by side in the same indexes. */
export class HistoryDerivation implements Derivation {
  readonly version: number;
  readonly #messages: MessageIndex;
  readonly #rooms: RoomEventIndex;
  /** What each index of a sealed segment has of rooms. */
  readonly #columns = new Map<SegmentIndex, RoomEventColumns>();

  constructor(messages: MessageIndex, rooms: RoomEventIndex) {
    this.version = messages.version + ROOMS_VERSION * VERSIONS_OF_MESSAGES;
    this.#messages = messages;
    this.#rooms = rooms;
  }

  apply(record: unknown, s: number): void {
    this.#messages.apply(record, s);
    this.#rooms.apply(record, s);
  }

  sections(): DerivedSections {
    return withRooms(this.#messages, this.#rooms);
  }

  createDigest(like?: SegmentIndex): Digest {
    const messages = this.#messages.createDigest(like);
    const rooms = this.#rooms.createColumns();
    return {
      apply(record, s) {
        messages.apply(record, s);
        rooms.apply(record, s);
      },
      sections: () => withRooms(messages, rooms),
    };
  }

  adopt(index: SegmentIndex): void {
    this.#messages.adopt(index);
    this.#rooms.adopt(this.#read(index));
  }

  async resume(index: SegmentIndex): Promise<void> {
    await this.#messages.resume(index);
    this.#rooms.resume(RoomEventColumns.of(index.resident));
  }

  replace(former: readonly SegmentIndex[], index: SegmentIndex): void {
    this.#messages.replace(former, index);
    const replaced = former.flatMap((one) => this.#columns.get(one) ?? []);
    for (const one of former) this.#columns.delete(one);
    this.#rooms.replace(replaced, this.#read(index));
  }

  #read(index: SegmentIndex): RoomEventColumns {
    const columns = RoomEventColumns.of(index.resident);
    this.#columns.set(index, columns);
    return columns;
  }
}

function withRooms(
  messages: Pick<Digest, 'sections'>,
  rooms: Pick<RoomEventColumns, 'sections'>,
): DerivedSections {
  const { resident, seek } = messages.sections();
  return { resident: { ...resident, ...rooms.sections() }, seek };
}
