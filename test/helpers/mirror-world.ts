import { DomainEvents } from '../../daemon/domain/events.ts';
import { hashRoom } from '../../daemon/domain/room-hash.ts';
import { RoomHost } from '../../daemon/domain/room-host.ts';
import type { Random } from '../../daemon/domain/ports.ts';
import { RoomMirrors, type Wanted } from '../../daemon/domain/room-mirrors.ts';
import type { Room, RoomEvent, RoomUser } from '../../daemon/domain/room-model.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import { StorageError } from '../../storage/errors.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import { decodeCheckAnswer, encodeCheckAnswer } from '../../daemon/wire/room-sync-answer.ts';
import { decodeCheck, encodeCheck } from '../../daemon/wire/room-sync-check.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';

/** Something that happens to a room or to one of those who are in it. */
export type Step =
  | Readonly<{ do: 'host says' | 'host restarts' | 'host’s disk fails' | 'disks recover' }>
  | Readonly<{ do: 'host is copied' | 'host is set back' }>
  | Readonly<{ do: OwnStep; mirror: number }>
  | Readonly<{ do: 'checks'; mirror: number; isLost: boolean; times: number }>;

/** What somebody who mirrors a room does, or suffers. */
type OwnStep = 'says' | 'joins' | 'leaves' | 'forgets' | 'is renamed' | 'restarts' | 'disk fails';

const DISK_FULL = new StorageError('storage_full', 'there is no room left');
const HOST = parseAddress('fc00::1');
const OWNER = `Host@${HOST}`;
const NAME = 'lobby';
const AWAY = { code: 'host_away', reason: 'it restarts' };
/** More than anything takes that comes to an end. */
const ROUNDS_MAX = 30;

type Tools = Readonly<{ clock: FakeClock; random: Pick<Random, 'bytes'> }>;

/** The daemon that hosts the room, and comes back as often as it goes. */
class HostSide {
  readonly #tools: Tools;
  #store = new MemoryRoomStore();
  #copy: MemoryRoomStore | undefined;
  rooms!: Rooms;
  host!: RoomHost;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.start();
  }

  start(): void {
    const { clock, random } = this.#tools;
    const events = new DomainEvents();
    this.#store = new MemoryRoomStore(this.#store);
    this.rooms = new Rooms({
      ...{ store: this.#store, events, clock, random, rules: ROOM_RULES },
      ownerUser: () => OWNER,
    });
    this.host = new RoomHost({
      ...{ rooms: this.rooms, store: this.#store, events, clock },
      ...{ ownServer: () => HOST, ownNick: () => 'Host' },
      forged: { note: () => fail('nobody forges anything') },
      onDefect: (error) => {
        if (error !== DISK_FULL) fail(String(error));
      },
    });
  }

  copy(): void {
    this.#copy = new MemoryRoomStore(this.#store);
  }

  /** Begins again from its last copy, if there is one. */
  setBack(): void {
    if (this.#copy !== undefined) this.#store = this.#copy;
    this.start();
  }

  /** @param failure Of its disk; `undefined`: it is well. */
  setDisk(failure: Error | undefined): void {
    this.#store.failure = failure;
  }
}

/** A daemon that mirrors it. */
class MirrorSide {
  readonly #tools: Tools;
  readonly #server: Address;
  #store = new MemoryRoomStore();
  #names = 0;
  isWanted = true;
  readonly notices: string[] = [];
  rooms!: Rooms;
  mirrors!: RoomMirrors;

  constructor(tools: Tools, index: number) {
    this.#tools = tools;
    this.#server = parseAddress(`fc00::${index + 2}`);
  }

  get user(): RoomUser {
    return `Nick${this.#names}@${this.#server}`;
  }

  get isThere(): boolean {
    return this.rooms.mirrored(HOST, NAME) !== undefined;
  }

  get room(): Room {
    return this.rooms.mirrored(HOST, NAME) ?? fail('the room is there');
  }

  async start(): Promise<void> {
    const { clock, random } = this.#tools;
    const events = new DomainEvents();
    events.on('notice', ({ message }) => this.notices.push(message));
    this.#store = new MemoryRoomStore(this.#store);
    const ownUser = (): RoomUser => this.user;
    this.rooms = new Rooms({
      ...{ store: this.#store, events, clock, random, rules: ROOM_RULES },
      ownerUser: ownUser,
    });
    this.mirrors = new RoomMirrors({
      ...{ rooms: this.rooms, store: this.#store, events, clock, random, ownUser },
    });
    await this.mirrors.start();
  }

  rename(): void {
    this.#names += 1;
  }

  /** What it would have said again if it had ended when events were cut off last. */
  get waitingAtCut(): readonly string[] {
    return this.#store.waitingAtCut.map(({ text }) => text);
  }

  /** @param failure Of its disk; `undefined`: it is well. */
  setDisk(failure: Error | undefined): void {
    this.#store.failure = failure;
  }

  /**
   * One round with the host, as the loop makes it.
   *
   * @param isLost The host hears the check, and its answer gets lost.
   * @returns Whether there was anything to tell.
   */
  async check({ host }: HostSide, isLost: boolean, times: number): Promise<boolean> {
    if (!this.mirrors.hosts().has(HOST)) return false;
    const asker = { contact: 1, server: this.#server, nick: 'Nick' };
    for (const sought of this.mirrors.sought(HOST)) {
      const found = host.find(asker, sought.name, sought.invite) ?? null;
      if (!isLost) await this.mirrors.takeSought(HOST, sought, found);
    }
    const check = await this.mirrors.request(HOST);
    const gone = new AbortController().signal;
    let text = '';
    for (let time = 0; time < times; time++) {
      const asked = decodeCheck(encodeCheck(check));
      text = encodeCheckAnswer(await host.check(asker, asked, 0, gone));
    }
    if (isLost) return true;
    const wanted = await this.mirrors.take(HOST, check, decodeCheckAnswer(text));
    await this.#fetch(host, asker, wanted);
    return wanted.isMore;
  }

  async #fetch(host: RoomHost, asker: Parameters<RoomHost['room']>[0], wanted: Wanted) {
    for (const uid of wanted.rooms) {
      const body = host.room(asker, uid);
      if (body !== undefined) await this.mirrors.takeRoom(HOST, body);
    }
    if (wanted.areServers) this.mirrors.takeServers(HOST, host.sessions.nicks);
    if (wanted.areOwnSessions) host.setSessions(asker, this.mirrors.ownSessions(HOST));
  }
}

/** A room, its host and those who mirror it, between whom nothing happens but what is told. */
export class MirrorWorld {
  readonly #clock: FakeClock;
  readonly #host: HostSide;
  readonly mirrors: readonly MirrorSide[];
  readonly said: string[] = [];
  /** Of these nobody knows whether they were said. */
  readonly forgotten = new Set<string>();
  #tries = 0;

  private constructor(clock: FakeClock, host: HostSide, mirrors: readonly MirrorSide[]) {
    this.#clock = clock;
    this.#host = host;
    this.mirrors = mirrors;
  }

  /** With everybody in the room. */
  static async create(mirrors: number): Promise<MirrorWorld> {
    const tools = { clock: new FakeClock(), random: distinctRandom() };
    const host = new HostSide(tools);
    await host.rooms.createAsOwner(NAME, false);
    const sides = Array.from({ length: mirrors }, (_, index) => new MirrorSide(tools, index));
    const world = new MirrorWorld(tools.clock, host, sides);
    for (const side of sides) {
      await side.start();
      await side.mirrors.wishes.join(HOST, NAME);
    }
    await world.settle();
    return world;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'host says':
        await this.#trySaying((text) => {
          const { rooms } = this.#host;
          return rooms.sayAsOwner(rooms.require(NAME), text);
        });
        return;
      case 'host restarts':
        this.#host.start();
        return;
      case 'host is copied':
        this.#host.copy();
        return;
      case 'host is set back':
        // Nobody restores a backup in no time.
        this.#clock.jump(1);
        this.#host.setBack();
        for (const { mirrors } of this.mirrors) mirrors.noteAway(HOST, AWAY);
        return;
      case 'host’s disk fails':
        this.#host.setDisk(DISK_FULL);
        return;
      case 'disks recover':
        for (const side of [this.#host, ...this.mirrors]) side.setDisk(undefined);
        return;
      case 'checks':
        await succeeds(this.#side(step.mirror).check(this.#host, step.isLost, step.times));
        return;
      default:
        await this.#takeOwn(step.do, this.#side(step.mirror));
    }
  }

  /** The host forgets the room. */
  async removeRoom(): Promise<void> {
    const { rooms } = this.#host;
    await rooms.leaveAsOwner(rooms.require(NAME).uid);
    await rooms.forget(rooms.require(NAME));
  }

  /** Whoever was put out because the host knows nothing of him any more joins again. */
  async rejoin(): Promise<void> {
    for (const side of this.mirrors) {
      const isOut = side.isWanted && side.mirrors.status(side.room).state === 'refused';
      if (isOut) await side.mirrors.wishes.join(HOST, NAME);
    }
  }

  /** Lets all ask until there is no more to tell. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let isMore = false;
      for (const side of this.mirrors) isMore = (await side.check(this.#host, false, 1)) || isMore;
      if (!isMore && round > 0) return;
    }
    fail('it comes to no end');
  }

  /** What everybody has now. */
  end() {
    const { rooms } = this.#host;
    const room = rooms.require(NAME);
    const owner = { user: OWNER, role: 'admin' } as const;
    return {
      room,
      hash: hashRoom({ ...room, memberships: [owner, ...room.memberships] }),
      users: rooms.log(room).users,
    };
  }

  async eventsOfHost(): Promise<readonly string[]> {
    const { rooms } = this.#host;
    return (await rooms.log(rooms.require(NAME)).read(1)).map(describe);
  }

  async eventsOf({ rooms, room }: MirrorSide): Promise<readonly string[]> {
    return (await rooms.log(room).read(1)).map(describe);
  }

  async #takeOwn(what: OwnStep, side: MirrorSide): Promise<void> {
    switch (what) {
      case 'says':
        if (side.isWanted) await this.#trySaying((text) => side.mirrors.say(side.room, text));
        return;
      case 'joins':
        if (await succeeds(side.mirrors.wishes.join(HOST, NAME))) side.isWanted = true;
        return;
      case 'leaves':
        await this.#takeOut(side, async (room) => {
          if (await succeeds(side.mirrors.wishes.leave(room))) side.isWanted = false;
        });
        return;
      case 'forgets':
        if (side.isWanted) return;
        await this.#takeOut(side, async (room) => {
          await succeeds(side.mirrors.wishes.forget(room));
        });
        return;
      case 'disk fails':
        side.setDisk(DISK_FULL);
        return;
      case 'is renamed':
        side.rename();
        return;
      case 'restarts':
        await side.start();
    }
  }

  /** What waits for a room that is forgotten is not said, unless the host has heard it already. */
  async #takeOut(side: MirrorSide, out: (room: Room) => Promise<void>): Promise<void> {
    if (!side.isThere) return;
    const { room } = side;
    const waiting = side.mirrors.status(room).waiting.map(({ text }) => text);
    await out(room);
    if (side.rooms.get(room.uid) !== undefined) return;
    for (const text of waiting) this.forgotten.add(text);
  }

  #side(index: number): MirrorSide {
    return this.mirrors[index] ?? fail('there are not so many');
  }

  /** Only what was not refused is said. */
  async #trySaying(say: (text: string) => Promise<unknown>): Promise<void> {
    const text = `message ${++this.#tries}`;
    if (await succeeds(say(text))) this.said.push(text);
  }
}

/** The same in every run, and never the same twice. */
function distinctRandom(): Pick<Random, 'bytes'> {
  let next = 0;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, ++next);
      return bytes;
    },
  };
}

/** Whether it was done; a disk may refuse. */
async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error === DISK_FULL) return false;
    throw error;
  }
}

function describe(event: RoomEvent): string {
  const { seqnr, uid, at, type } = event;
  return [seqnr, uid, at, type, event.type === 'MSG' ? event.text : event.users.join()].join(' ');
}

function fail(what: string): never {
  throw new Error(`not so: ${what}`);
}
