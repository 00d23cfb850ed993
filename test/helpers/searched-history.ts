import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type {
  Contact,
  ContactNumber,
  NewMessage,
  StoredMessage,
} from '../../daemon/domain/model.ts';
import { newContact } from '../../daemon/domain/new-contact.ts';
import type { Room } from '../../daemon/domain/room-model.ts';
import { newRoom } from '../../daemon/domain/room-rules.ts';
import { parseQuery } from '../../daemon/domain/search-query.ts';
import { Search, type Found } from '../../daemon/domain/search.ts';
import { openMessageStore, type JournalMessageStore } from '../../daemon/stores/message-store.ts';
import { RoomEventIndex } from '../../daemon/stores/room-event-index.ts';
import { openRoomStore, type FileRoomStore } from '../../daemon/stores/room-store.ts';
import { JournalWordIndex } from '../../daemon/stores/word-index.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROOM = newRoom('lobby', false, {
  clock: { nowMs: () => 0 },
  random: { bytes: (length) => new Uint8Array(length) },
});
const OWN = parseAddress('fc00::ffff');
/** Small, so that a few messages fill several. */
const SEGMENT_MAX_BYTES = 2048;
/** What is stored together lies in one segment. */
const BATCH_MESSAGES = 4;

type Parts = Readonly<{
  store: JournalMessageStore;
  rooms: FileRoomStore;
  words: JournalWordIndex;
  search: Search;
}>;
export type FindOptions = Readonly<{
  before?: number | undefined;
  limit?: number;
  conversation?: ContactNumber | undefined;
  room?: string;
}>;

/** A history on disk, in small segments, and search over it. It closes with the test. */
export class SearchedHistory {
  readonly folder: string;
  readonly #hasRoom: boolean;
  #parts: Parts;
  #count = 0;

  private constructor(folder: string, hasRoom: boolean, parts: Parts) {
    this.folder = folder;
    this.#hasRoom = hasRoom;
    this.#parts = parts;
  }

  static async open(t: ExecutionContext, hasRoom = true): Promise<SearchedHistory> {
    const folder = join(await temporaryFolder(t), 'history');
    const history = new SearchedHistory(folder, hasRoom, await openParts(folder, hasRoom));
    t.teardown(() => history.close());
    return history;
  }

  get store(): JournalMessageStore {
    return this.#parts.store;
  }

  get rooms(): FileRoomStore {
    return this.#parts.rooms;
  }

  get words(): JournalWordIndex {
    return this.#parts.words;
  }

  /** How many segments nothing is added to any more. */
  get sealed(): number {
    return this.store.segments().filter(({ isSealed }) => isSealed).length;
  }

  async close(): Promise<void> {
    await this.words.close();
    await this.rooms.close();
    await this.store.close();
  }

  /** A guest says something in a room. */
  async say(texts: readonly string[], room: string): Promise<void> {
    for (const text of texts) {
      const seqnr = this.rooms.lastSeqnr(room) + 1;
      const frame = { room, seqnr, uid: `e${this.#count++}`, at: 1_772_366_400_000 };
      await this.rooms.append([{ ...frame, type: 'MSG', from: 'ringo', origin: 'guest', text }]);
    }
  }

  /** As after a restart. */
  async reopen(): Promise<void> {
    await this.close();
    this.#parts = await openParts(this.folder, this.#hasRoom);
  }

  /** Stores messages of one conversation, a few at a time. */
  async add(
    texts: readonly string[],
    conversation: ContactNumber = 1,
  ): Promise<readonly StoredMessage[]> {
    const stored: StoredMessage[] = [];
    for (let start = 0; start < texts.length; start += BATCH_MESSAGES) {
      const batch = texts.slice(start, start + BATCH_MESSAGES);
      stored.push(
        ...(await this.store.add(batch.map((text) => this.#compose(text, conversation)))),
      );
    }
    return stored;
  }

  /** The texts that are found. */
  async find(
    typed: string,
    { before, limit = 50, conversation, room }: FindOptions = {},
  ): Promise<readonly string[]> {
    const { found } = await this.#parts.search.find({
      query: parseQuery(typed),
      limit,
      signal: new AbortController().signal,
      ...(before === undefined ? {} : { before }),
      ...(room === undefined ? {} : { room }),
      ...(conversation === undefined ? {} : { address: addressOf(conversation) }),
    });
    return found.map(textOf);
  }

  /** File names of indexes of words, sorted. */
  async wordFiles(): Promise<readonly string[]> {
    return (await readdir(this.folder)).filter((name) => name.endsWith('.words')).sort();
  }

  #compose(text: string, conversation: ContactNumber): NewMessage {
    return {
      conversation,
      id: `m${this.#count++}`,
      direction: 'in',
      from: addressOf(conversation),
      to: OWN,
      text,
      wireTimestamp: '2026-03-01T12:00:00.000Z',
      timestamp: 1_772_366_400_000,
      receivedAt: 1_772_366_400_005,
      enctype: '',
      sequence: undefined,
      via: undefined,
    };
  }
}

async function openParts(folder: string, hasRoom: boolean): Promise<Parts> {
  const index = new RoomEventIndex(1);
  const onNotice = (): void => undefined;
  const store = await openMessageStore({
    journal: { folder, fsync: 'never', segmentMaxBytes: SEGMENT_MAX_BYTES },
    rooms: index,
    onNotice,
  });
  const rooms = await openRoomStore({ folder: dirname(folder), records: store, index, onNotice });
  const words = new JournalWordIndex({
    segments: () => store.segments(),
    isThere: ({ s, in: place }) =>
      typeof place === 'number'
        ? store.stateOf(s) !== undefined
        : index.has(place.room, place.seqnr, s),
    hasRoom: () => hasRoom,
  });
  const clock = { monotonicMs: () => 0 };
  const known = { contacts: everybody, messages: store, rooms: everyRoom, events: rooms };
  return { store, rooms, words, search: new Search({ ...known, words, clock }) };
}

/** Nobody said anything in a room. */
export const noRooms = { rooms: { get: () => undefined }, events: { readPlaces: async () => [] } };

/** Any room there may be. */
const everyRoom = { get: (uid: string): Room => ({ ...ROOM, uid }) };

/** What was written in a message that was found. */
export function textOf(found: Found): string {
  return 'said' in found ? found.said.text : found.message.text;
}

/** An address book in which everybody is. */
export const everybody = {
  byNumber: contactNumbered,
  require: (address: string) => contactNumbered(Number.parseInt(address.slice(6), 16)),
};

function contactNumbered(number: ContactNumber): Contact {
  const address = addressOf(number);
  return newContact({ number, address, state: 'established', issuedKey: 'key', since: 0 });
}

function addressOf(conversation: ContactNumber): ReturnType<typeof parseAddress> {
  return parseAddress(`fc00::${conversation.toString(16)}`);
}
