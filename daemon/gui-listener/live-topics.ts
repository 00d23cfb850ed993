/** What happens in the domain, as topics that the owner's GUIs follow (docs/gui-api.md#live-updates). */
import type { EventMap } from '../domain/events.ts';
import type { TopicHub } from '../domain/topics.ts';
import type { Address } from '../wire/address.ts';
import type { JsonObject, JsonValue } from '../wire/topic.ts';
import type { GuiDomain } from './gui-domain.ts';
import {
  surroundingsOf,
  viewAddress,
  viewContacts,
  viewConversation,
  viewMessage,
} from './views.ts';

const CONTACTS = '_vestnik/contacts';
const CONVERSATIONS = '_vestnik/conversations';
const STATUS = '_vestnik/status';
const MESSAGES = '_vestnik/messages';
const MESSAGE_BATCHES = '_vestnik/message-batches';
/** What a browser takes in without a pause: so many messages, or so much text in UTF-16 units, and one more. */
const BATCH_MAX_MESSAGES = 100;
const BATCH_TEXTS_MAX_LENGTH = 65_536;

export type LiveTopicsOptions = Readonly<{
  domain: GuiDomain;
  hub: TopicHub;
  /** Hears of a conversation that could not be read. */
  onDefect: (error: unknown) => void;
}>;

/**
 * Feeds the `_vestnik/` topics. Whatever changes several times within one turn of the event loop is told once, and
 * nothing is looked up for a topic that nobody follows.
 */
export class LiveTopics {
  readonly #options: LiveTopicsOptions;
  readonly #stopListening: (() => void)[] = [];
  readonly #changedContacts = new Set<Address>();
  readonly #changedConversations = new Set<Address>();
  readonly #changedMessages = new Map<number, EventMap['message']>();
  /** Status entries as they were told last, as text. */
  readonly #toldStatus = new Map<string, string>();
  #hasStatusChanged = false;
  #flushing: Promise<void> | undefined;

  constructor(options: LiveTopicsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#declareTopics();
    const { events } = this.#options.domain;
    this.#stopListening.push(
      events.on('contact', ({ address }) => this.#note(this.#changedContacts, address)),
      events.on('contactGone', ({ address }) => {
        this.#note(this.#changedContacts, address);
        this.#note(this.#changedConversations, address);
      }),
      events.on('conversation', ({ address }) => {
        // A contact shows its unread count, too.
        this.#note(this.#changedContacts, address);
        this.#note(this.#changedConversations, address);
      }),
      events.on('message', (event) => this.#noteMessage(event)),
      events.on('messageGone', (event) => this.#tellMessageGone(event)),
      events.on('conversationCleared', (event) => this.#tellCleared(event)),
      events.on('status', () => this.#noteStatus()),
      events.on('notice', () => this.#noteStatus()),
    );
  }

  stop(): void {
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  #declareTopics(): void {
    const { domain, hub } = this.#options;
    hub.declare(CONTACTS, 'dict', async () => byAddress(viewContacts(domain)));
    hub.declare(CONVERSATIONS, 'dict', async () =>
      byAddress((await domain.conversations.list()).map((one) => viewConversation(domain, one))),
    );
    hub.declare(STATUS, 'dict', async () => {
      this.#toldStatus.clear();
      return Object.fromEntries(this.#statusChanges());
    });
    hub.declare(MESSAGES, 'event', async () => null);
    hub.declare(MESSAGE_BATCHES, 'event', async () => null);
  }

  #note(changed: Set<Address>, address: Address): void {
    changed.add(address);
    this.#flushSoon();
  }

  #noteMessage(event: EventMap['message']): void {
    const { hub } = this.#options;
    if (!hub.isLive(MESSAGES) && !hub.isLive(MESSAGE_BATCHES)) return;
    this.#changedMessages.set(event.message.s, event);
    this.#flushSoon();
  }

  #noteStatus(): void {
    this.#hasStatusChanged = true;
    this.#flushSoon();
  }

  #tellMessageGone({ contact, s, id }: EventMap['messageGone']): void {
    this.#changedMessages.delete(s);
    this.#tellAtOnce([{ deleted: { address: contact.address, s, id } }]);
  }

  #tellCleared({ contact, upToS }: EventMap['conversationCleared']): void {
    for (const [s, one] of this.#changedMessages) {
      if (s <= upToS && one.contact.number === contact.number) this.#changedMessages.delete(s);
    }
    this.#tellAtOnce([{ cleared: { address: contact.address, up_to: upToS } }]);
  }

  /** One flush at a time, so that no older view of a conversation overtakes a newer one. */
  #flushSoon(): void {
    this.#flushing ??= this.#gather()
      .then(() => this.#flush())
      .catch(this.#options.onDefect)
      .finally(() => {
        this.#flushing = undefined;
        if (this.#hasChanges()) this.#flushSoon();
      });
  }

  /**
   * What changes in one turn of the event loop is told together. Only a message that is alone goes ahead, before its sender's
   * daemon is answered; who sent several waits for the answer to send more.
   */
  async #gather(): Promise<void> {
    await Promise.resolve();
    if (this.#changedMessages.size === 1) {
      this.#tellMessages();
      for (const topic of [MESSAGES, MESSAGE_BATCHES]) this.#options.hub.hurry(topic);
    }
    await nextTurn();
  }

  #hasChanges(): boolean {
    return (
      this.#hasStatusChanged ||
      this.#changedContacts.size > 0 ||
      this.#changedConversations.size > 0 ||
      this.#changedMessages.size > 0
    );
  }

  async #flush(): Promise<void> {
    const contacts = [...this.#changedContacts];
    const conversations = [...this.#changedConversations];
    this.#changedContacts.clear();
    this.#changedConversations.clear();
    this.#tellMessages();
    if (this.#options.hub.isLive(CONTACTS)) contacts.forEach((one) => this.#tellContact(one));
    if (this.#hasStatusChanged) this.#tellStatus();
    if (!this.#options.hub.isLive(CONVERSATIONS)) return;
    await Promise.all(conversations.map((one) => this.#tellConversation(one)));
  }

  #tellMessages(): void {
    const { domain } = this.#options;
    const changed = [...this.#changedMessages.values()];
    this.#changedMessages.clear();
    let batch: JsonValue[] = [];
    let length = 0;
    for (const { contact, message } of changed) {
      batch.push(toJson(viewMessage(message, surroundingsOf(domain, contact))));
      length += message.text.length;
      if (batch.length < BATCH_MAX_MESSAGES && length < BATCH_TEXTS_MAX_LENGTH) continue;
      this.#tellAtOnce(batch);
      batch = [];
      length = 0;
    }
    if (batch.length > 0) this.#tellAtOnce(batch);
  }

  /** The same to those who want each thing by itself and to those who want all that there is. */
  #tellAtOnce(batch: readonly JsonValue[]): void {
    const { hub } = this.#options;
    if (hub.isLive(MESSAGES)) for (const one of batch) hub.emit(MESSAGES, one);
    hub.emit(MESSAGE_BATCHES, batch);
  }

  #tellContact(address: Address): void {
    const { domain, hub } = this.#options;
    const view = viewAddress(domain, address);
    if (view === undefined) hub.remove(CONTACTS, address);
    else hub.put(CONTACTS, address, view);
  }

  async #tellConversation(address: Address): Promise<void> {
    const { domain, hub } = this.#options;
    if (domain.contacts.get(address) === undefined) {
      hub.remove(CONVERSATIONS, address);
      return;
    }
    const conversation = await domain.conversations.one(address);
    hub.put(CONVERSATIONS, address, toJson(viewConversation(domain, conversation)));
  }

  #tellStatus(): void {
    this.#hasStatusChanged = false;
    const { hub } = this.#options;
    if (!hub.isLive(STATUS)) return;
    for (const [key, value] of this.#statusChanges()) hub.put(STATUS, key, value);
  }

  /** Entries of the status that are not what was told last. */
  #statusChanges(): readonly (readonly [key: string, value: JsonValue])[] {
    return Object.entries(toFields(this.#options.domain.owner.status())).filter(([key, value]) => {
      const text = JSON.stringify(value);
      if (this.#toldStatus.get(key) === text) return false;
      this.#toldStatus.set(key, text);
      return true;
    });
  }
}

function byAddress(views: readonly Readonly<{ address: Address }>[]): JsonObject {
  return Object.fromEntries(views.map((view) => [view.address, toJson(view)]));
}

/** Views are plain data; a member that is left out is no hindrance, though the compiler can't know. */
function toJson(view: object): JsonValue {
  return view as JsonObject;
}

function toFields(view: object): JsonObject {
  return view as JsonObject;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
