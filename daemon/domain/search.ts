/** Full-text search over all that was written, to contacts that are in the address book and in rooms: the newest first. */
import type { Address } from '../wire/address.ts';
import type { Contacts } from './contacts.ts';
import type { Contact, ContactNumber, StoredMessage } from './model.ts';
import type { Clock, MessageStore, WordIndex, WordQuery } from './ports.ts';
import type { Room, RoomMessage, RoomUid } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import type { Rooms } from './rooms.ts';
import { findMarks, type Mark, type SearchQuery } from './search-query.ts';

/** After this a search answers with what it has; the next one goes on from there. */
const BUDGET_MS = 3000;
/** Messages that are read at once. */
const READ_MESSAGES = 50;

export type SearchRequest = Readonly<{
  query: SearchQuery;
  /** Only in the conversation with this contact. */
  address?: Address;
  /** Only in this room; then in no conversation. */
  room?: RoomUid;
  /** Only messages with a smaller `s`. */
  before?: number;
  limit: number;
  /** Nobody waits for the answer any more. */
  signal: AbortSignal;
}>;

/** A message of a conversation, or what was said in a room. */
export type Found = FoundMessage | FoundInRoom;
export type FoundMessage = Readonly<{
  contact: Contact;
  message: StoredMessage;
  marks: readonly Mark[];
}>;
export type FoundInRoom = Readonly<{
  room: Room;
  said: RoomMessage;
  /** Its place among all that this daemon stored. */
  s: number;
  marks: readonly Mark[];
}>;

export type SearchPage = Readonly<{
  /** The newest first. */
  found: readonly Found[];
  /** The `before` of the request that goes on from here; `undefined` when everything was looked through. */
  next: number | undefined;
}>;

/** What a message must have. */
type Wanted = Readonly<{
  query: SearchQuery;
  conversation: ContactNumber | undefined;
  room: RoomUid | undefined;
}>;

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'byNumber' | 'require'>;
  messages: Pick<MessageStore, 'read' | 'stateOf'>;
  rooms: Pick<Rooms, 'get'>;
  events: Pick<RoomStore, 'readPlaces'>;
  words: WordIndex;
  clock: Pick<Clock, 'monotonicMs'>;
}>;

export class Search {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Finds messages that have all that the query wants. What was stored before the call is found, what was deleted
   * before it is not. A search that was called off answers with what it has.
   *
   * @throws {DomainError} `not_found`: nobody has the address.
   * @throws {StorageError} `storage_failed`.
   */
  async find(request: SearchRequest): Promise<SearchPage> {
    const { limit, signal } = request;
    const wanted = this.#wantedBy(request);
    const found: Found[] = [];
    if (wanted.query.length === 0) return { found, next: undefined };
    const deadlineMs = this.#deps.clock.monotonicMs() + BUDGET_MS;
    const isOver = (): boolean => signal.aborted || this.#deps.clock.monotonicMs() > deadlineMs;
    for await (const { places, downTo } of this.#deps.words.candidates(wordsOf(wanted, request))) {
      for (const chunk of inChunks(places)) {
        for (const one of await this.#judge(chunk, wanted)) {
          found.push(one);
          if (found.length === limit) return { found, next: placeOf(one) };
        }
        if (isOver()) return { found, next: chunk.at(-1) ?? downTo };
      }
      if (isOver()) return { found, next: downTo };
    }
    return { found, next: undefined };
  }

  #wantedBy({ query, address, room }: SearchRequest): Wanted {
    const contact = address === undefined ? undefined : this.#deps.contacts.require(address);
    return { query, conversation: contact?.number, room };
  }

  /** Of some places those whose messages really fit, the newest first. */
  async #judge(places: readonly number[], wanted: Wanted): Promise<readonly Found[]> {
    const { messages } = this.#deps;
    const ofContacts = places.filter((s) => messages.stateOf(s) !== undefined);
    const others = places.filter((s) => messages.stateOf(s) === undefined);
    const found = [
      ...(wanted.room === undefined ? await this.#judgeMessages(ofContacts, wanted) : []),
      ...(wanted.conversation === undefined ? await this.#judgeSaid(others, wanted) : []),
    ];
    return found.sort((one, other) => placeOf(other) - placeOf(one));
  }

  async #judgeMessages(
    places: readonly number[],
    { query, conversation }: Wanted,
  ): Promise<readonly Found[]> {
    const messages = await this.#deps.messages.read(places);
    return messages.flatMap((message) => {
      if (conversation !== undefined && message.conversation !== conversation) return [];
      // The messages of somebody who was removed stay out of sight until the address is added again.
      const contact = this.#deps.contacts.byNumber(message.conversation);
      const marks = contact === undefined ? undefined : findMarks(message.text, query);
      return contact === undefined || marks === undefined ? [] : [{ contact, message, marks }];
    });
  }

  async #judgeSaid(
    places: readonly number[],
    { query, room: wantedRoom }: Wanted,
  ): Promise<readonly Found[]> {
    const events = await this.#deps.events.readPlaces(places);
    return events.flatMap(({ place: s, event }) => {
      const room = this.#deps.rooms.get(event.room);
      const isWanted = wantedRoom === undefined || wantedRoom === event.room;
      if (room === undefined || !isWanted || event.type !== 'MSG') return [];
      const marks = findMarks(event.text, query);
      return marks === undefined ? [] : [{ room, said: event, s, marks }];
    });
  }
}

/** Where a message lies among all that this daemon stored. */
export function placeOf(found: Found): number {
  return 'said' in found ? found.s : found.message.s;
}

/** What of a search the index can answer: which messages have the words, in whatever order. */
function wordsOf({ query, conversation, room }: Wanted, request: SearchRequest): WordQuery {
  const words = query.flatMap(({ words: texts, isWhole }) =>
    texts.map((text, index) => ({ text, isWhole: isWhole || index < texts.length - 1 })),
  );
  return { words, conversation, room, before: request.before ?? Infinity, signal: request.signal };
}

function* inChunks(places: Iterable<number>): Iterable<readonly number[]> {
  let chunk: number[] = [];
  for (const place of places) {
    chunk.push(place);
    if (chunk.length < READ_MESSAGES) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
