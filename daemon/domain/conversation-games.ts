import { tryParseAddress } from '../wire/address.ts';
import { parseGameText } from '../wire/game.ts';
import type { GameListener, GamePlace, GamePlaces } from './board-games.ts';
import type { Contacts } from './contacts.ts';
import type { Conversations } from './conversations.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { MessageStore, WordIndex } from './ports.ts';
import type { Player, Said } from './tic-tac-toe.ts';

const SELF: Player = 'we';
const OTHER: Player = 'they';
/** Messages that are looked at for one game: the id is in no others, unless somebody talks of it. */
const LOAD_MAX_MESSAGES = 500;

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'get'>;
  conversations: Pick<Conversations, 'send'>;
  messages: Pick<MessageStore, 'read' | 'stateOf'>;
  words: WordIndex;
  events: DomainEvents;
}>;

/** Games in conversations: each is found again by its id, a word in each of its messages. */
export class ConversationGames implements GamePlaces {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @param name An address in any spelling. */
  find(name: string): GamePlace | undefined {
    const address = tryParseAddress(name);
    const contact = address && this.#deps.contacts.get(address);
    if (contact === undefined) return undefined;
    return {
      key: keyOf(contact),
      self: SELF,
      nameOf: (player) => (player === SELF ? '' : contact.address),
      load: (id) => this.#load(contact, id),
      say: async (text, id) => {
        await this.#deps.conversations.send(contact.address, [{ text, id }]);
      },
    };
  }

  listen({ onSaid, onGone }: GameListener): void {
    const { events } = this.#deps;
    events.on('message', ({ contact, message }) => {
      const game = parseGameText(message.text);
      if (game !== undefined) onSaid(keyOf(contact), game.id, toSaid(message, game.action));
    });
    events.on('messageGone', ({ contact, s }) => onGone(keyOf(contact), (ref) => ref === s));
    events.on('conversationCleared', ({ contact, upToS }) =>
      onGone(keyOf(contact), (ref) => ref <= upToS),
    );
  }

  async #load(contact: Contact, id: string): Promise<readonly Said[]> {
    const { messages } = this.#deps;
    const places = await this.#placesOf(contact, id);
    return (await messages.read(places)).flatMap((message) => {
      const game = parseGameText(message.text);
      const isPart = game?.id === id && message.conversation === contact.number;
      return isPart ? toSaid(message, game.action) : [];
    });
  }

  async #placesOf({ number }: Contact, id: string): Promise<readonly number[]> {
    const { messages, words } = this.#deps;
    const query = {
      words: [{ text: id, isWhole: true }],
      conversation: number,
      before: Infinity,
      signal: new AbortController().signal,
    };
    const places: number[] = [];
    for await (const found of words.candidates(query)) {
      for (const s of found.places) {
        if (messages.stateOf(s) !== undefined) places.push(s);
        if (places.length >= LOAD_MAX_MESSAGES) return places;
      }
    }
    return places;
  }
}

function keyOf({ number }: Contact): string {
  return `conversation ${number}`;
}

function toSaid({ s, direction, timestamp }: StoredMessage, action: Said['action']): Said {
  return { by: direction === 'out' ? SELF : OTHER, action, order: timestamp, ref: s };
}
