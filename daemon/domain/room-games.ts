import { tryParseAddress, type Address } from '../wire/address.ts';
import { parseGameText } from '../wire/game.ts';
import { serverOf } from '../wire/room-names.ts';
import type { GameListener, GamePlace, GamePlaces } from './board-games.ts';
import type { DomainEvents } from './events.ts';
import type { RoomMirrors } from './room-mirrors.ts';
import type { Room, RoomEvent, RoomMessage, RoomUser } from './room-model.ts';
import type { Clock, Timer } from './ports.ts';
import type { RoomReading } from './room-reading.ts';
import { roomTitle } from './room-rules.ts';
import type { Rooms } from './rooms.ts';
import type { Player, Said } from './tic-tac-toe.ts';

const SELF: Player = 'we';
/** A room whose title looks like an address is called so, as in the names of drafts. */
const TITLE_PREFIX = 'room/';
/** Players of whom it is known what they are called now. */
const MAX_USERS = 1000;
/** How far back a game is looked for, and how much of it is read at once. */
const LOAD_MAX_EVENTS = 1000;
const LOAD_EVENTS = 200;
/** UTF-16 units of a message's uid, and how much of it says whose it is. */
const UID_MAX_LENGTH = 64;
const OWN_MARK_LENGTH = 12;
/** How long one waits to hear oneself in a room of another host. */
export const ECHO_TIMEOUT_MS = 10_000;

type Dependencies = Readonly<{
  rooms: Pick<Rooms, 'list' | 'sayAsOwner'> & Readonly<{ reading: Pick<RoomReading, 'page'> }>;
  mirrors: Pick<RoomMirrors, 'say'>;
  events: DomainEvents;
  ownAddress: () => Address;
  clock: Pick<Clock, 'after'>;
}>;

/** Games in rooms. The host's order is the same for all, so the first who accepts there plays. */
export class RoomGames implements GamePlaces {
  readonly #deps: Dependencies;
  /** What players are called in rooms now, longest ago first; whoever is forgotten goes by what does not change. */
  readonly #users = new Map<Player, RoomUser>();
  /** Who waits to hear what was said under a uid. */
  readonly #echoes = new Map<string, () => void>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @param name What the room is called here. */
  find(name: string): GamePlace | undefined {
    const title = titleOf(name);
    const room = this.#deps.rooms.list().find((one) => roomTitle(one) === title);
    if (room?.isJoined !== true) return undefined;
    return {
      key: keyOf(room),
      self: SELF,
      nameOf: (player) => (player === SELF ? '' : (this.#users.get(player) ?? player)),
      load: (id) => this.#load(room, id),
      say: (text, id) => this.#say(room, text, id),
    };
  }

  listen({ onSaid }: GameListener): void {
    this.#deps.events.on('roomEvents', ({ room, events }) => {
      for (const event of events) {
        const game = event.type === 'MSG' ? parseGameText(event.text) : undefined;
        if (event.type !== 'MSG' || game === undefined) continue;
        onSaid(keyOf(room), game.id, this.#toSaid(event, game.action));
        this.#echoes.get(event.uid)?.();
      }
    });
  }

  async #load(room: Room, id: string): Promise<readonly Said[]> {
    const said: Said[] = [];
    let before: number | undefined;
    for (let read = 0; read < LOAD_MAX_EVENTS; read += LOAD_EVENTS) {
      const query = { limit: LOAD_EVENTS, ...(before === undefined ? {} : { before }) };
      const page = await this.#deps.rooms.reading.page(room, query);
      said.push(...page.flatMap((event) => this.#partOf(event, id)));
      before = page[0]?.seqnr;
      if (before === undefined || before === 1) break;
    }
    return said;
  }

  #partOf(event: RoomEvent, id: string): readonly Said[] {
    const game = event.type === 'MSG' ? parseGameText(event.text) : undefined;
    return event.type === 'MSG' && game?.id === id ? [this.#toSaid(event, game.action)] : [];
  }

  async #say(room: Room, text: string, id: string): Promise<void> {
    const { rooms, mirrors, ownAddress } = this.#deps;
    // In a room two people may do the same thing, and what they say has names of its own.
    const mark = ownAddress()
      .replace(/[^0-9A-Za-z]/g, '')
      .slice(-OWN_MARK_LENGTH);
    const uid = `${id}-${mark}`.slice(-UID_MAX_LENGTH);
    if (room.host === undefined) {
      await rooms.sayAsOwner(room, text, uid);
      return;
    }
    const echo = this.#echoOf(uid);
    try {
      await mirrors.say(room, text, uid);
      await echo.heard;
    } finally {
      echo.forget();
    }
  }

  /** Settles when the room's host has told what was said, or does not for a while: then it waits for the host. */
  #echoOf(uid: string): Readonly<{ heard: Promise<void>; forget: () => void }> {
    let timeout: Timer | undefined;
    const heard = new Promise<void>((resolve) => {
      this.#echoes.set(uid, resolve);
      timeout = this.#deps.clock.after(ECHO_TIMEOUT_MS, resolve);
    });
    return {
      heard,
      forget: () => {
        timeout?.cancel();
        this.#echoes.delete(uid);
      },
    };
  }

  #nameUser(player: Player, user: RoomUser): void {
    this.#users.delete(player);
    this.#users.set(player, user);
    const [longest] = this.#users.keys();
    if (this.#users.size > MAX_USERS && longest !== undefined) this.#users.delete(longest);
  }

  #toSaid({ from, origin, seqnr }: RoomMessage, action: Said['action']): Said {
    if (origin === 'owner') return { by: SELF, action, order: seqnr, ref: seqnr };
    // Whoever changes the nick in the middle of a game stays the same player.
    const by = origin === 'guest' ? `guest ${from}` : (serverOf(from) ?? from);
    this.#nameUser(by, from);
    return { by, action, order: seqnr, ref: seqnr };
  }
}

/** Places of both kinds. */
export function allGamePlaces(conversations: GamePlaces, rooms: GamePlaces): GamePlaces {
  return {
    find: (name) => conversations.find(name) ?? rooms.find(name),
    listen: (listener) => {
      conversations.listen(listener);
      rooms.listen(listener);
    },
  };
}

function titleOf(name: string): string {
  const title = name.startsWith(TITLE_PREFIX) ? name.slice(TITLE_PREFIX.length) : undefined;
  return title !== undefined && tryParseAddress(title) !== undefined ? title : name;
}

function keyOf({ uid }: Pick<Room, 'uid'>): string {
  return `room ${uid}`;
}
