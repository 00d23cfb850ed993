/** Rooms of an export, taken in: those that are not there, and events that come after what is. */
import type { Address } from '../wire/address.ts';
import type { ExportedEvent, ExportedRoom } from '../wire/export-rooms.ts';
import type { MirrorWishes } from './mirror-wishes.ts';
import type { Random } from './ports.ts';
import type { Room, RoomEvent } from './room-model.ts';
import { newInvite } from './room-rules.ts';
import type { Rooms } from './rooms.ts';

/** Events that are stored together. */
const BATCH_EVENTS = 200;

export type RoomImportDependencies = Readonly<{
  rooms: Rooms;
  mirrors: Readonly<{ wishes: Pick<MirrorWishes, 'adopt'>; wake: (host: Address) => void }>;
  random: Pick<Random, 'bytes'>;
}>;

/** What became of the rooms of an import. */
export type ImportedRooms = Readonly<{
  rooms: number;
  known_rooms: number;
  events: number;
  known_events: number;
}>;

/** The first look: whether the lines of rooms belong together. */
export class RoomReview {
  readonly #uids = new Set<string>();
  readonly #titles = new Set<string>();
  #events = 0;
  #present: Readonly<{ uid: string; last: number }> | undefined;

  get counts(): Readonly<{ rooms: number; events: number }> {
    return { rooms: this.#uids.size, events: this.#events };
  }

  /** @returns What is wrong with it. */
  lookAtRoom({ uid, name, host }: ExportedRoom): string | undefined {
    const title = JSON.stringify([host, name]);
    if (this.#uids.has(uid) || this.#titles.has(title)) return `the room ${name} is there twice`;
    this.#uids.add(uid);
    this.#titles.add(title);
    this.#present = { uid, last: 0 };
    return undefined;
  }

  /** @returns What is wrong with it. */
  lookAtEvent({ room, seqnr }: ExportedEvent): string | undefined {
    if (this.#present?.uid !== room) return 'the event is not behind its room';
    if (seqnr <= this.#present.last) return 'events come by their numbers';
    this.#present = { uid: room, last: seqnr };
    this.#events += 1;
    return undefined;
  }
}

/** The second look: what is not there yet is stored. */
export class RoomTaking {
  readonly #deps: RoomImportDependencies;
  readonly #hosts = new Set<Address>();
  readonly #count = { rooms: 0, known_rooms: 0, events: 0, known_events: 0 };
  /** The room whose lines come now; `undefined` while nothing of it is taken. */
  #room: Room | undefined;
  #batch: RoomEvent[] = [];

  constructor(deps: RoomImportDependencies) {
    this.#deps = deps;
  }

  /** @throws {StorageError} */
  async takeRoom(line: ExportedRoom): Promise<void> {
    await this.#store();
    const { rooms, mirrors } = this.#deps;
    const known = rooms.get(line.uid);
    const host = line.host ?? undefined;
    const namesake = host === undefined ? rooms.named(line.name) : rooms.mirrored(host, line.name);
    const isKnown = known !== undefined || namesake !== undefined;
    this.#count[isKnown ? 'known_rooms' : 'rooms'] += 1;
    // One that is called the same and is another stays what it is.
    this.#room = known?.host === host ? known : undefined;
    if (isKnown) return;
    const room = this.#roomOf(line);
    if (host === undefined) await rooms.adopt(room);
    else {
      await mirrors.wishes.adopt(room, line.joined);
      this.#hosts.add(host);
    }
    this.#room = room;
  }

  /** @throws {StorageError} */
  async takeEvent(line: ExportedEvent): Promise<void> {
    if (this.#room === undefined) {
      this.#count.known_events += 1;
      return;
    }
    this.#batch.push(eventOf(line));
    if (this.#batch.length >= BATCH_EVENTS) await this.#store();
  }

  /** @throws {StorageError} */
  async finish(): Promise<ImportedRooms> {
    await this.#store();
    // Not before all is here: the hosts would tell it again.
    for (const host of this.#hosts) this.#deps.mirrors.wake(host);
    return this.#count;
  }

  async #store(): Promise<void> {
    const events = this.#batch.splice(0);
    if (this.#room === undefined || events.length === 0) return;
    const taken = await this.#deps.rooms.takeEvents(this.#room, events);
    // The rest of a room that went another way here is not wanted either.
    if (taken === undefined) this.#room = undefined;
    this.#count.events += taken ?? 0;
    this.#count.known_events += events.length - (taken ?? 0);
  }

  #roomOf(line: ExportedRoom): Room {
    const isOurs = line.host === null;
    return {
      uid: line.uid,
      name: line.name,
      host: line.host ?? undefined,
      topic: line.topic,
      isPrivate: line.private,
      isClosed: line.closed,
      invite: isOurs ? newInvite(this.#deps.random) : '',
      memberships: line.members,
      // In another daemon's room he is when that daemon says so.
      isJoined: isOurs && line.joined,
      isMuted: line.muted,
      readUpTo: line.read_up_to,
      keptFrom: 1,
      createdAt: Date.parse(line.created),
    };
  }
}

function eventOf(line: ExportedEvent): RoomEvent {
  const { room, seqnr, id: uid, timestamp } = line;
  const frame = { room, seqnr, uid, at: Date.parse(timestamp) };
  if (line.type === 'DIR') return { ...frame, type: 'DIR', users: line.users };
  const { from, origin, message: text } = line;
  return { ...frame, type: 'MSG', from, origin, text };
}
