/** What happens in rooms, as topics that the owner's GUIs follow (docs/gui-api.md#live-updates). */
import type { EventMap } from '../domain/events.ts';
import type { RoomUid } from '../domain/room-model.ts';
import { roomTitle } from '../domain/room-rules.ts';
import type { TopicHub } from '../domain/topics.ts';
import type { JsonObject } from '../wire/topic.ts';
import type { GuiDomain } from './gui-domain.ts';
import { viewEvent, viewRoom } from './room-views.ts';

const ROOMS = '_vestnik/rooms';
const EVENTS = '_vestnik/events';

export type LiveRoomsOptions = Readonly<{
  domain: Pick<GuiDomain, 'rooms' | 'mirrors' | 'roomPresence' | 'events'>;
  hub: TopicHub;
  /** Hears of a room that could not be read. */
  onDefect: (error: unknown) => void;
}>;

/** Feeds the topics of rooms. A room that changes many times in a turn of the event loop is told once. */
export class LiveRooms {
  readonly #options: LiveRoomsOptions;
  readonly #stopListening: (() => void)[] = [];
  readonly #changed = new Set<RoomUid>();
  #telling: Promise<void> | undefined;

  constructor(options: LiveRoomsOptions) {
    this.#options = options;
  }

  start(): void {
    const { domain, hub } = this.#options;
    const { rooms, events } = domain;
    hub.declare(ROOMS, 'dict', async () => {
      const views = await Promise.all(rooms.list().map((room) => viewRoom(domain, room)));
      return Object.fromEntries(views.map((view) => [view.room, toJson(view)]));
    });
    hub.declare(EVENTS, 'event', async () => null);
    this.#stopListening.push(
      events.on('room', ({ uid }) => this.#note(uid)),
      events.on('roomGone', ({ room }) => hub.remove(ROOMS, roomTitle(room))),
      events.on('roomEvents', (event) => this.#tellEvents(event)),
    );
  }

  stop(): void {
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  #tellEvents({ room, events }: EventMap['roomEvents']): void {
    const { hub } = this.#options;
    if (hub.isLive(EVENTS)) {
      for (const event of events) hub.emit(EVENTS, toJson(viewEvent(room, event)));
    }
    this.#note(room.uid);
  }

  #note(uid: RoomUid): void {
    if (!this.#options.hub.isLive(ROOMS)) return;
    this.#changed.add(uid);
    this.#telling ??= this.#tellRooms().catch(this.#options.onDefect);
  }

  /** One after another, so that no older view of a room overtakes a newer one. */
  async #tellRooms(): Promise<void> {
    const { domain, hub } = this.#options;
    const { rooms } = domain;
    try {
      while (this.#changed.size > 0) {
        await nextTurn();
        const changed = [...this.#changed];
        this.#changed.clear();
        for (const uid of changed) {
          const room = rooms.get(uid);
          if (room !== undefined)
            hub.put(ROOMS, roomTitle(room), toJson(await viewRoom(domain, room)));
        }
      }
    } finally {
      this.#telling = undefined;
    }
  }
}

/** Views are plain data; a member that is left out is no hindrance, though the compiler can't know. */
function toJson(view: object): JsonObject {
  return view as JsonObject;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
