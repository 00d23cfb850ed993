import {
  stateAfter,
  type Contact,
  type ContactNumber,
  type ContactRequest,
  type Direction,
  type MessageState,
  type MessageStep,
  type NewMessage,
  type RelayedEntry,
  type RelayedEnvelope,
  type StoredMessage,
} from '../../daemon/domain/model.ts';
import type {
  ContactStore,
  MessageStore,
  PageQuery,
  RelayStore,
  RequestStore,
  Undelivered,
} from '../../daemon/domain/ports.ts';

/** The stores of the domain without a disk: the simplest thing that keeps what the ports promise. */
export class MemoryContactStore implements ContactStore {
  initial: readonly Contact[] = [];

  save(contacts: readonly Contact[]): Promise<void> {
    this.initial = contacts;
    return Promise.resolve();
  }
}

export class MemoryRequestStore implements RequestStore {
  initial: readonly ContactRequest[] = [];

  save(requests: readonly ContactRequest[]): Promise<void> {
    this.initial = requests;
    return Promise.resolve();
  }
}

export class MemoryMessageStore implements MessageStore {
  readonly #messages = new Map<number, StoredMessage>();
  readonly #removed = new Map<number, StoredMessage>();
  readonly #steps: { step: MessageStep; s: number }[] = [];
  readonly #names = new Map<string, ContactNumber>();
  #lastS = 0;
  /** Set it to make every write fail. */
  failure: Error | undefined;

  get undelivered(): readonly Undelivered[] {
    return [...this.#messages.values()]
      .filter(
        ({ direction, state }) => direction === 'out' && ['queued', 'relayed'].includes(state),
      )
      .map(({ conversation, s, state, text, receivedAt }) => ({
        conversation,
        s,
        state,
        sizeBytes: Buffer.byteLength(text),
        at: receivedAt,
      }));
  }

  get nextConversation(): ContactNumber {
    return Math.max(0, ...this.#names.values()) + 1;
  }

  conversationOf(address: string): ContactNumber | undefined {
    return this.#names.get(address);
  }

  async nameConversation(conversation: ContactNumber, address: string): Promise<void> {
    await this.#write();
    this.#names.set(address, conversation);
  }

  async add(messages: readonly NewMessage[]): Promise<readonly StoredMessage[]> {
    await this.#write();
    return messages.map((message) => {
      const s = ++this.#lastS;
      const state = message.direction === 'out' ? 'queued' : 'delivered';
      const stored = {
        ...message,
        s,
        rev: s,
        state,
        reason: undefined,
        relayedBy: undefined,
      } as const;
      this.#messages.set(s, stored);
      return stored;
    });
  }

  async note(step: MessageStep): Promise<number> {
    await this.#write();
    const rev = ++this.#lastS;
    this.#steps.push({ step, s: rev });
    for (const s of step.messages) {
      const message = this.#messages.get(s);
      if (message === undefined) continue;
      const state = stateAfter(step.step, message.state);
      const isFailed = step.outcome === 'cancelled' || step.outcome === 'expired';
      this.#messages.set(s, {
        ...message,
        rev,
        state,
        reason: isFailed ? (step.outcome as 'cancelled' | 'expired') : undefined,
        relayedBy: step.step === 'relayed' ? step.via : message.relayedBy,
      });
    }
    return rev;
  }

  async remove(_conversation: ContactNumber, messages: readonly number[]): Promise<void> {
    await this.#write();
    for (const s of messages) {
      const message = this.#messages.get(s);
      if (message === undefined) continue;
      this.#removed.set(s, message);
      this.#messages.delete(s);
    }
  }

  async removeConversation(conversation: ContactNumber): Promise<void> {
    await this.#write();
    for (const [s, message] of this.#messages) {
      if (message.conversation === conversation) this.#messages.delete(s);
    }
  }

  async find(
    conversation: ContactNumber,
    direction: Direction,
    id: string,
  ): Promise<number | undefined> {
    return [...this.#messages.values(), ...this.#removed.values()].find(
      (message) =>
        message.conversation === conversation &&
        message.direction === direction &&
        message.id === id,
    )?.s;
  }

  async read(places: readonly number[]): Promise<readonly StoredMessage[]> {
    return places.flatMap((s) => this.#messages.get(s) ?? []);
  }

  async page(conversation: ContactNumber, query: PageQuery): Promise<readonly StoredMessage[]> {
    const { before = Infinity, after = -Infinity, limit } = query;
    const all = this.#of(conversation).filter(({ s }) => s > after && s < before);
    return query.after === undefined ? all.slice(-limit) : all.slice(0, limit);
  }

  async timeline(s: number): Promise<readonly MessageStep[]> {
    return this.#steps.map(({ step }) => step).filter(({ messages }) => messages.includes(s));
  }

  lastPlace(conversation: ContactNumber, direction?: Direction): number | undefined {
    return this.#of(conversation)
      .filter((message) => direction === undefined || message.direction === direction)
      .at(-1)?.s;
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    return this.#of(conversation).filter(({ direction, s }) => direction === 'in' && s > afterS)
      .length;
  }

  stateOf(s: number): MessageState | undefined {
    return this.#messages.get(s)?.state;
  }

  #of(conversation: ContactNumber): readonly StoredMessage[] {
    return [...this.#messages.values()].filter((message) => message.conversation === conversation);
  }

  async #write(): Promise<void> {
    // As a disk does: later, and in order.
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
  }
}

export class MemoryRelayStore implements RelayStore {
  readonly #envelopes = new Map<string, RelayedEnvelope>();
  readonly #seen = new Set<string>();

  entries(): Iterable<RelayedEntry> {
    return this.#envelopes.values();
  }

  hasSeen(id: string): boolean {
    return this.#seen.has(id);
  }

  async add(envelope: RelayedEnvelope): Promise<void> {
    this.#envelopes.set(envelope.id, envelope);
  }

  async read(ids: readonly string[]): Promise<readonly RelayedEnvelope[]> {
    return ids.flatMap((id) => this.#envelopes.get(id) ?? []);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (this.#envelopes.delete(id)) this.#seen.add(id);
  }
}
