/** The domain's ports in memory: what a test stores is gone with it. */
import type { PeerSessions } from '../../daemon/crypto/sessions.ts';
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
import type { ApiSettings } from '../../daemon/wire/gui-api.ts';
import type {
  AskedContact,
  ClockReading,
  ContactStore,
  DeletionStore,
  IdentityStore,
  Invitation,
  InvitationStore,
  MessageStore,
  OwnSeeds,
  PageQuery,
  SequenceGap,
  RelayStore,
  RequestStore,
  SessionStore,
  Undelivered,
  Unseen,
} from '../../daemon/domain/ports.ts';

/** Keeps what it is given, whatever that is. */
export class MemoryDocument<Value> {
  readonly initial: Value;
  saved: Value;

  constructor(initial: Value) {
    this.initial = initial;
    this.saved = initial;
  }

  async save(value: Value): Promise<void> {
    this.saved = value;
  }
}

/** As `MemoryDocument`, on a disk that can be made to refuse or to take its time. */
export class FailingDocument<Value> extends MemoryDocument<Value> {
  /** Thrown by the next writes, if set. */
  failure: Error | undefined;
  #held: HeldWrite[] | undefined;

  /** From now on writes wait. @returns Those that do, in order; more come with each write. */
  hold(): readonly HeldWrite[] {
    this.#held = [];
    return this.#held;
  }

  override async save(value: Value): Promise<void> {
    const held = this.#held;
    if (held !== undefined) {
      await new Promise<void>((finish, refuse) => held.push({ finish, refuse }));
    }
    if (this.failure !== undefined) throw this.failure;
    await super.save(value);
  }
}

/** A write that waits to be told what becomes of it. */
export type HeldWrite = Readonly<{ finish: () => void; refuse: (error: Error) => void }>;

/** What an owner has who has changed nothing. */
export const DEFAULT_SETTINGS: ApiSettings = {
  theme: 'system',
  language: 'system',
  read_receipts: true,
  honour_deletion: true,
  retention: 'forever',
};

export class MemoryDeletionStore implements DeletionStore {
  readonly initial: DeletionStore['initial'];
  saved: DeletionStore['initial'];
  /** Thrown by the next writes, if set. */
  failure: Error | undefined;

  constructor(initial: DeletionStore['initial'] = { asked: [], readings: [] }) {
    this.initial = initial;
    this.saved = initial;
  }

  async saveAsked(asked: readonly AskedContact[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.saved = { ...this.saved, asked };
  }

  async saveReadings(readings: readonly ClockReading[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.saved = { ...this.saved, readings };
  }
}

export function memoryContactStore(
  contacts: readonly Contact[] = [],
): ContactStore & FailingDocument<readonly Contact[]> {
  return new FailingDocument(contacts);
}

export function memoryRequestStore(
  requests: readonly ContactRequest[] = [],
): RequestStore & FailingDocument<readonly ContactRequest[]> {
  return new FailingDocument(requests);
}

/** Who somebody is, on no disk. */
export class MemoryIdentityStore extends MemoryDocument<OwnSeeds> implements IdentityStore {}

export function memoryInvitationStore(invitations: readonly Invitation[] = []): InvitationStore {
  return new MemoryDocument(invitations);
}

export class MemorySessionStore implements SessionStore {
  readonly initial: ReadonlyMap<ContactNumber, PeerSessions>;
  readonly saved: Map<ContactNumber, PeerSessions>;
  /** Thrown by the next saves, if set. */
  failure: Error | undefined;

  constructor(initial: ReadonlyMap<ContactNumber, PeerSessions> = new Map()) {
    this.initial = initial;
    this.saved = new Map(initial);
  }

  async save(contact: ContactNumber, sessions: PeerSessions): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.saved.set(contact, sessions);
  }

  async remove(contact: ContactNumber): Promise<void> {
    this.saved.delete(contact);
  }
}

export class MemoryMessageStore implements MessageStore {
  /** Thrown by the next writes, if set. */
  failure: Error | undefined;
  /** By place; deleted ones stay as `undefined`. */
  readonly #messages = new Map<number, StoredMessage | undefined>();
  readonly #steps: MessageStep[] = [];
  /** Every number that was ever there, whatever became of its message. */
  readonly #counted: { conversation: ContactNumber; direction: Direction; sequence: number }[] = [];
  readonly #addresses = new Map<string, ContactNumber>();
  readonly #ids = new Map<string, number>();
  #lastPlace = 0;

  /** As it is, for a daemon that is set back to it later. */
  copy(): MemoryMessageStore {
    const copy = new MemoryMessageStore();
    for (const [s, message] of this.#messages) copy.#messages.set(s, message);
    for (const [address, number] of this.#addresses) copy.#addresses.set(address, number);
    for (const [key, s] of this.#ids) copy.#ids.set(key, s);
    copy.#steps.push(...this.#steps);
    copy.#counted.push(...this.#counted);
    copy.#lastPlace = this.#lastPlace;
    return copy;
  }

  get undelivered(): readonly Undelivered[] {
    return [...this.#messages.values()].flatMap((message) => {
      if (message?.direction !== 'out') return [];
      const { conversation, s, state, text, receivedAt: at } = message;
      const isWaiting = state === 'queued' || state === 'relayed';
      return isWaiting ? [{ conversation, s, state, sizeBytes: text.length, at }] : [];
    });
  }

  get lastS(): number {
    return this.#lastPlace;
  }

  get nextConversation(): ContactNumber {
    return Math.max(0, ...this.#addresses.values()) + 1;
  }

  conversationOf(address: string): ContactNumber | undefined {
    return this.#addresses.get(address);
  }

  async nameConversation(conversation: ContactNumber, address: string): Promise<void> {
    this.#addresses.set(address, conversation);
  }

  hurry(): void {
    // All is kept at once.
  }

  async add(messages: readonly NewMessage[]): Promise<readonly StoredMessage[]> {
    if (this.failure !== undefined) throw this.failure;
    return messages.map((message) => {
      const s = ++this.#lastPlace;
      const state = message.direction === 'out' ? 'queued' : 'delivered';
      const stored: StoredMessage = {
        ...message,
        s,
        rev: s,
        state,
        reason: undefined,
        relayedBy: undefined,
      };
      this.#messages.set(s, stored);
      this.#ids.set(idKey(message), s);
      const { conversation, direction, sequence } = message;
      if (sequence !== undefined) this.#counted.push({ conversation, direction, sequence });
      return stored;
    });
  }

  async note(step: MessageStep): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    const rev = ++this.#lastPlace;
    this.#steps.push(step);
    for (const s of step.messages) {
      const message = this.#messages.get(s);
      if (message === undefined) continue;
      const state = stateAfter(step.step, message.state);
      const reason = isFailReason(step.outcome) ? step.outcome : undefined;
      const relayedBy = step.step === 'relayed' ? step.via : message.relayedBy;
      this.#messages.set(s, { ...message, state, rev, reason, relayedBy });
    }
    return rev;
  }

  async remove(_conversation: ContactNumber, places: readonly number[]): Promise<void> {
    for (const s of places) this.#messages.set(s, undefined);
  }

  async removeConversation(conversation: ContactNumber): Promise<number> {
    await this.remove(
      conversation,
      this.#of(conversation).map(({ s }) => s),
    );
    return ++this.#lastPlace;
  }

  async removeUnseen(conversation: ContactNumber, { id, sequence }: Unseen): Promise<void> {
    this.#ids.set(idKey({ conversation, direction: 'in', id }), ++this.#lastPlace);
    this.#counted.push({ conversation, direction: 'in', sequence });
  }

  async find(
    conversation: ContactNumber,
    direction: Direction,
    id: string,
  ): Promise<number | undefined> {
    return this.#ids.get(idKey({ conversation, direction, id }));
  }

  async known(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly string[],
  ): Promise<readonly string[]> {
    return ids.filter((id) => this.#ids.has(idKey({ conversation, direction, id })));
  }

  async read(places: readonly number[]): Promise<readonly StoredMessage[]> {
    return places.flatMap((s) => this.#messages.get(s) ?? []);
  }

  async page(
    conversation: ContactNumber,
    { before = Infinity, after, limit }: PageQuery,
  ): Promise<readonly StoredMessage[]> {
    const found = this.#of(conversation).filter(({ s }) => s < before && s > (after ?? 0));
    return after === undefined ? found.slice(-limit) : found.slice(0, limit);
  }

  async timeline(s: number): Promise<readonly MessageStep[]> {
    return this.#steps.filter(({ messages }) => messages.includes(s));
  }

  lastPlace(conversation: ContactNumber, direction?: Direction): number | undefined {
    return this.#of(conversation)
      .filter((message) => direction === undefined || message.direction === direction)
      .at(-1)?.s;
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    return this.#of(conversation).filter(({ s, direction }) => direction === 'in' && s > afterS)
      .length;
  }

  stateOf(s: number): MessageState | undefined {
    return this.#messages.get(s)?.state;
  }

  lastSequence(conversation: ContactNumber, direction: Direction): number {
    return Math.max(0, ...this.#sequences(conversation, direction));
  }

  missing(conversation: ContactNumber): readonly SequenceGap[] {
    const gaps: SequenceGap[] = [];
    let next = 1;
    for (const sequence of this.#sequences(conversation, 'in').sort((a, b) => a - b)) {
      if (sequence > next) gaps.push({ first: next, last: sequence - 1 });
      next = sequence + 1;
    }
    return gaps;
  }

  async countSequence(conversation: ContactNumber, sequence: number): Promise<void> {
    this.#counted.push({ conversation, direction: 'in', sequence });
  }

  unreadByPeer(conversation: ContactNumber, upToS: number): readonly number[] {
    return this.#of(conversation)
      .filter(({ direction, s }) => direction === 'out' && s <= upToS)
      .filter(({ state }) => state !== 'read' && state !== 'failed')
      .map(({ s }) => s);
  }

  #sequences(conversation: ContactNumber, direction: Direction): number[] {
    return this.#counted
      .filter((one) => one.conversation === conversation && one.direction === direction)
      .map(({ sequence }) => sequence);
  }

  #of(conversation: ContactNumber): readonly StoredMessage[] {
    return [...this.#messages.values()].filter(
      (message): message is StoredMessage => message?.conversation === conversation,
    );
  }
}

export class MemoryRelayStore implements RelayStore {
  readonly #envelopes: Map<string, RelayedEnvelope>;
  readonly #seen = new Set<string>();

  constructor(carried: readonly RelayedEnvelope[] = []) {
    this.#envelopes = new Map(carried.map((envelope) => [envelope.id, envelope]));
  }

  /** Everything that is carried, as it lies there. */
  get carried(): readonly RelayedEnvelope[] {
    return [...this.#envelopes.values()];
  }

  *entries(): Iterable<RelayedEntry> {
    yield* this.#envelopes.values();
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
    for (const id of ids) {
      this.#envelopes.delete(id);
      this.#seen.add(id);
    }
  }
}

function idKey({
  conversation,
  direction,
  id,
}: Pick<NewMessage, 'conversation' | 'direction' | 'id'>): string {
  return `${conversation}/${direction}/${id}`;
}

function isFailReason(outcome: MessageStep['outcome']): outcome is 'cancelled' | 'expired' {
  return outcome === 'cancelled' || outcome === 'expired';
}
