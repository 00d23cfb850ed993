import type { Address } from '../wire/address.ts';
import type { Repair, SyncEvent } from '../wire/room-sync.ts';
import type { DomainEvents } from './events.ts';
import type { HostPictures } from './host-picture.ts';
import type { MirrorMessages } from './mirror-messages.ts';
import type { Clock } from './ports.ts';
import type { RoomLog } from './room-log.ts';
import type { MirrorBook } from './room-mirror-book.ts';
import type { Room, RoomEvent, RoomMessage, RoomUid } from './room-model.ts';
import { roomTitle } from './room-rules.ts';
import type { Rooms } from './rooms.ts';

/** Events that are read at once. */
const PAGE_EVENTS = 200;
/** Before all events. */
const START: Repair = { seqnr: 0, uid: '', at: undefined };

type Dependencies = Readonly<{
  rooms: Rooms;
  book: MirrorBook;
  pictures: HostPictures;
  messages: Pick<MirrorMessages, 'sayAgain'>;
  events: DomainEvents;
  clock: Pick<Clock, 'nowMs'>;
}>;

/** Where a room is compared with its host's, and how far back the next step goes if its events are others there. */
type Probe = Readonly<{ seqnr: number; stride: number }>;

/** What a host answered about one room that was to be repaired. */
export type RepairAnswer = Readonly<{
  asked: Repair;
  told: readonly SyncEvent[];
  /** Whether the host has the event that was named; `undefined`: it does not say. */
  isSame: boolean | undefined;
  /** Whether events of other rooms came, for which these may have had to wait. */
  isCrowded: boolean;
}>;

/**
 * Rooms in which events may be missing here, or may be others than those of the host: that may be so after every time that
 * nothing was heard of it. A host that was restored from a backup gives numbers again; what it says then is what counts.
 */
export class MirrorRepairs {
  readonly #deps: Dependencies;
  readonly #probes = new Map<RoomUid, Probe>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** What a host is to be asked: by room, the last event that is known to be its, or is taken to be. */
  async request(host: Address): Promise<ReadonlyMap<RoomUid, Repair>> {
    const repairs = new Map<RoomUid, Repair>();
    for (const { mirror, room } of this.#deps.book.of(host)) {
      if (mirror.isFound && room.isJoined && this.isInDoubt(host, room.uid)) {
        repairs.set(room.uid, await this.#placeIn(room));
      }
    }
    return repairs;
  }

  /** Whether the last event here may be none of the host's: nothing may follow it then. */
  isInDoubt(host: Address, uid: RoomUid): boolean {
    const { book, pictures } = this.#deps;
    return book.get(uid)?.isBehind !== false || !pictures.of(host).verified.has(uid);
  }

  /**
   * Takes what a host answered about a room.
   *
   * @returns Events that come next here.
   * @throws {StorageError} It is to be asked again.
   */
  async take(host: Address, uid: RoomUid, answer: RepairAnswer): Promise<readonly SyncEvent[]> {
    const { book, rooms, pictures } = this.#deps;
    const room = book.roomOf(host, uid);
    if (room === undefined) return [];
    const { asked, told, isSame, isCrowded } = answer;
    if (told.length === 0 && isSame === undefined && isCrowded) return [];
    if (isSame === false) {
      this.#goBack(uid, asked.seqnr);
      return [];
    }
    const log = rooms.log(room);
    const last = log.lastSeqnr;
    const newest = told.at(-1)?.seqnr ?? asked.seqnr;
    const isTail = told.length === 0 && isSame === true && asked.seqnr < last;
    const differing = isTail ? last : await firstDiffering(log, told);
    if (differing === undefined && newest <= last && told.length > 0) {
      // All of it is the same: on from there.
      this.#probes.set(uid, { seqnr: newest, stride: 1 });
      return [];
    }
    this.#probes.delete(uid);
    if (differing !== undefined) await this.#replace(room, isTail ? asked.seqnr + 1 : differing);
    if (told.length === 0) {
      book.change(uid, { isBehind: false });
      pictures.of(host).verified.add(uid);
    }
    return told.filter(({ seqnr }) => seqnr > log.lastSeqnr);
  }

  /** The last event, or where the probe is: the nearest one before that is not damaged. */
  async #placeIn(room: Room): Promise<Repair> {
    const log = this.#deps.rooms.log(room);
    const probe = this.#probes.get(room.uid);
    const seqnr = Math.min(probe?.seqnr ?? log.lastSeqnr, log.lastSeqnr);
    if (seqnr === 0) return START;
    const [event] = await log.read(seqnr, seqnr);
    // What is damaged here can't be compared; the host tells what comes after it, as it always did.
    if (event !== undefined || probe === undefined)
      return placeOf(event) ?? { seqnr, uid: undefined, at: undefined };
    const before = (await log.read(Math.max(1, seqnr - PAGE_EVENTS), seqnr)).at(-1);
    return placeOf(before) ?? START;
  }

  #goBack(uid: RoomUid, from: number): void {
    const stride = this.#probes.get(uid)?.stride ?? 1;
    this.#probes.set(uid, { seqnr: Math.max(0, from - stride), stride: stride * 2 });
  }

  /** Events from a number on are none of the host's. Of them the owner's own messages are said again. */
  async #replace(room: Room, from: number): Promise<void> {
    const { rooms, messages, events, clock } = this.#deps;
    const gone = rooms.log(room).lastSeqnr - from + 1;
    const own = await ownMessages(rooms.log(room), from);
    // Kept as what waits before they are gone as what was said: a crash in between, or a full disk, loses none.
    const again = await messages.sayAgain(room, own);
    await rooms.cutMirrored(room.uid, from);
    events.emit('notice', {
      at: clock.nowMs(),
      code: 'room_replaced',
      message: `${roomTitle(room)} goes on from event ${from - 1} at its host, which was set back: ${gone} later events are gone here, ${again} messages of yours are said again`,
    });
  }
}

/** Number of the first event that is another here; `undefined`: none is. */
async function firstDiffering(
  log: RoomLog,
  told: readonly SyncEvent[],
): Promise<number | undefined> {
  const first = told[0]?.seqnr ?? Infinity;
  if (first > log.lastSeqnr) return undefined;
  const here = await log.read(first, told.at(-1)?.seqnr ?? first);
  const known = new Map(here.map((event) => [event.seqnr, event]));
  return told.find((event) => !isSame(known.get(event.seqnr) ?? event, event))?.seqnr;
}

/** A message that was said again may have its number again, where what was said before it is another thing. */
function isSame(one: Pick<SyncEvent, 'uid' | 'at'>, other: Pick<SyncEvent, 'uid' | 'at'>): boolean {
  return one.uid === other.uid && one.at === other.at;
}

function placeOf(event: RoomEvent | undefined): Repair | undefined {
  return event && { seqnr: event.seqnr, uid: event.uid, at: event.at };
}

async function ownMessages(log: RoomLog, from: number): Promise<readonly RoomMessage[]> {
  const own: RoomMessage[] = [];
  for (let first = from; first <= log.lastSeqnr; first += PAGE_EVENTS) {
    const page = await log.read(first, first + PAGE_EVENTS - 1);
    for (const event of page) if (event.type === 'MSG' && event.origin === 'owner') own.push(event);
  }
  return own;
}
