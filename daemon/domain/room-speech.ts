import { serverOf } from '../wire/room-names.ts';
import { DomainError } from './errors.ts';
import type { RoomLog } from './room-log.ts';
import type { NewRoomMessage, RoomEvent, RoomMessage, RoomUid, RoomUser } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';

/** What was said, and whether it was not there before. */
export type Said = Readonly<{ message: RoomMessage; isNew: boolean }>;

type Dependencies = Readonly<{
  store: Pick<RoomStore, 'find'>;
  log: (room: RoomUid) => RoomLog;
}>;

/** Says things in rooms of ours once, however often they are repeated. */
export class RoomSpeech {
  readonly #deps: Dependencies;
  /** Messages with an id of the caller's that are being stored. */
  readonly #saying = new Map<string, Promise<RoomMessage>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** As `Rooms.say` of a room that is open. */
  async say(room: RoomUid, message: NewRoomMessage, isRepeatable: boolean): Promise<Said> {
    if (isRepeatable) return this.#sayOnce(room, message);
    return { message: await this.#deps.log(room).say(message), isNew: true };
  }

  /** As `Rooms.said`. */
  async said(room: RoomUid, message: NewRoomMessage): Promise<RoomMessage | undefined> {
    const known = await this.#deps.store.find(room, message.uid);
    return known === undefined ? undefined : sameOr(known, message);
  }

  /** A repeat that comes while the first is being stored waits for it. */
  async #sayOnce(room: RoomUid, message: NewRoomMessage): Promise<Said> {
    const key = `${room}/${message.uid}`;
    const underWay = this.#saying.get(key);
    if (underWay !== undefined) return { message: sameOr(await underWay, message), isNew: false };
    let isNew = true;
    const said = this.said(room, message).then((known) => {
      isNew = known === undefined;
      return known ?? this.#deps.log(room).say(message);
    });
    this.#saying.set(key, said);
    try {
      return { message: await said, isNew };
    } finally {
      this.#saying.delete(key);
    }
  }
}

function sameOr(known: RoomEvent, { from, text }: NewRoomMessage): RoomMessage {
  const isSame = known.type === 'MSG' && known.text === text && isOneAuthor(known.from, from);
  if (isSame) return known;
  throw new DomainError('id_conflict', 'something else was said under that id');
}

/** The user of a daemon may have another nick when he repeats what he said. */
function isOneAuthor(one: RoomUser, other: RoomUser): boolean {
  const server = serverOf(one);
  return one === other || (server !== undefined && server === serverOf(other));
}
