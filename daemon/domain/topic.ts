/** One topic: a value, who looks at it, and how a change of it is told. */
import { decodeValue, WireError } from '../wire/check.ts';
import type { JsonObject, JsonValue, Resumed, ServerFrame, TopicType } from '../wire/topic.ts';
import {
  ListChange,
  StringChange,
  TOPIC_VALUE_MAX_BYTES,
  type Change,
} from '../wire/topic-changes.ts';
import { baseOf, EditHistory, isSequenceChange, type SequenceChange } from './edit-history.ts';
import { RecentChanges, type TopicPast } from './recent-changes.ts';
import type { TopicAccess } from './topic-access.ts';
import { EMPTY_VALUES } from './topic-values.ts';
import { misfit, type Step, type TopicValue } from './topic-value.ts';

/** Somebody who is connected and hears about topics. */
export interface TopicClient {
  readonly id: string;
  /** What it may do; unless given, everything that clients may. */
  readonly access?: TopicAccess;
  /** Takes a frame and returns at once. Several clients get the same frame object. */
  receive(frame: ServerFrame): void;
  /** What it has received need not wait for what follows in the same turn of the event loop. */
  hurry?(): void;
}

/** A change that fits the value as it is. */
export type PreparedChange = Readonly<{
  /** One part or more, in the order in which they are applied. */
  changes: readonly Change[];
  /** By how much the value grows. */
  deltaBytes: number;
  /** Applies it and tells every subscriber; to be called before anything else changes the topic. */
  commit: () => void;
}>;

/** A topic that clients made and may change. */
export class Topic {
  readonly name: string;
  readonly type: TopicType;
  readonly subscribers = new Set<TopicClient>();
  protected value: TopicValue;
  readonly #createId: () => string;
  #history: EditHistory | undefined;
  #recent = new RecentChanges();
  /** See `Resumed`; chosen when somebody asks. */
  #life: string | undefined;
  #version = 0;
  #stamp: object | undefined;

  /** @param createId Gives every change that came without an id one of its own. */
  constructor(name: string, type: TopicType, createId: () => string) {
    this.name = name;
    this.type = type;
    this.value = EMPTY_VALUES[type]();
    this.#createId = createId;
    if (isSequence(type)) this.#history = new EditHistory();
  }

  /** The value as JSON. */
  get current(): JsonValue {
    return this.value.snapshot().value;
  }

  /** An object that is the same while the value is; made when somebody asks. */
  get stamp(): object {
    return (this.#stamp ??= {});
  }

  /** How the list of topics names it. */
  get listed(): JsonObject {
    return { topic_name: this.name, type: this.type };
  }

  /** Changes with every beginning of the topic. */
  get life(): string {
    return (this.#life ??= this.#createId());
  }

  /** What is known of its changes. */
  get past(): TopicPast {
    return { life: this.life, version: this.#version, recent: this.#recent.known };
  }

  /** Goes on from what was kept of it. Only before anybody is subscribed. */
  restore(value: JsonValue, past: TopicPast | undefined): void {
    this.value.apply({ type: 'set', value });
    if (past === undefined) return;
    this.#life = past.life;
    this.#version = past.version;
    this.#recent = new RecentChanges(past.recent);
    if (this.#history !== undefined) this.#history = new EditHistory(past.version);
  }

  /**
   * Adds a subscriber and tells it the value.
   *
   * @param unanswered Ids of changes of which it wants to know whether they were applied.
   */
  subscribe(client: TopicClient, unanswered?: readonly string[]): void {
    this.subscribers.add(client);
    const snapshot = this.snapshot();
    client.receive(
      unanswered === undefined ? snapshot : { ...snapshot, resumed: this.#resume(unanswered) },
    );
  }

  /** What the value takes as JSON, beyond an empty one. */
  get valueBytes(): number {
    return this.value.sizeBytes;
  }

  /** What it takes of the memory, about. */
  get sizeBytes(): number {
    return this.value.sizeBytes + (this.#history?.sizeBytes ?? 0) + this.#recent.sizeBytes;
  }

  /**
   * Checks a client's change against the value as it is; nothing is changed yet. An edit of a sequence that says on which
   * version it was made is moved past what came since.
   *
   * @returns What it comes to, or why it is rejected.
   */
  prepare(change: JsonObject): PreparedChange | string {
    const { id, again } = change;
    if (typeof id === 'string' && this.#recent.isRepeat(id, again === true)) {
      return 'that change was made already';
    }
    try {
      return this.#toPrepared(change);
    } catch (error) {
      if (error instanceof WireError) return error.message;
      throw error;
    }
  }

  /**
   * Applies a client's change and tells every subscriber.
   *
   * @returns Why the change is rejected; `undefined` when it is not.
   */
  update(change: JsonObject): string | undefined {
    const prepared = this.prepare(change);
    if (typeof prepared === 'string') return prepared;
    prepared.commit();
    return undefined;
  }

  #toPrepared(change: JsonObject): PreparedChange {
    // Parts lie apart, the latest first: each fits if it fits the value as it is.
    const steps = this.#rebase(change).map((part) => this.value.prepare(part));
    const deltaBytes = steps.reduce((sum, step) => sum + step.deltaBytes, 0);
    if (deltaBytes > 0 && this.value.sizeBytes + deltaBytes > TOPIC_VALUE_MAX_BYTES) {
      throw misfit('a value has at most 1 MiB');
    }
    return {
      changes: steps.map((step) => step.change),
      deltaBytes,
      commit: () => {
        for (const step of steps) this.#commit(step);
        if (typeof change['id'] === 'string')
          this.#recent.add(change['id'], change['again'] === true);
      },
    };
  }

  /** @throws {WireError} The change does not fit; nothing was changed and nobody was told. */
  protected apply(change: JsonObject): void {
    this.#commit(this.value.prepare(change));
  }

  /** Of an event there is nothing to check, and no value to change. */
  protected happen(args: JsonValue): void {
    this.#commit({ change: { type: 'emit', args }, deltaBytes: 0, commit: () => undefined });
  }

  #commit({ change, commit }: Step): void {
    commit();
    change.id ??= this.#createId();
    this.#history?.add(change);
    this.#version++;
    this.restamp();
    this.tell(this.#updating(change));
  }

  /** To be called whenever the value becomes another one. */
  protected restamp(): void {
    this.#stamp = undefined;
  }

  #resume(unanswered: readonly string[]): Resumed {
    const applied = this.#recent.applied(unanswered);
    return { life: this.life, version: this.#version, applied };
  }

  #rebase(raw: JsonObject): readonly JsonObject[] {
    const base = this.#history && baseOf(raw);
    if (base === undefined || this.#history === undefined) return [raw];
    const change = decodeValue(this.type === 'list' ? ListChange : StringChange, raw);
    return isSequenceChange(change) ? this.#history.rebase(change, base).map(toJson) : [raw];
  }

  #updating(change: Change): Extract<ServerFrame, { type: 'update' }> {
    const frame = { type: 'update', topic: this.name, change } as const;
    return this.#history === undefined ? frame : { ...frame, version: this.#history.version };
  }

  protected tell(frame: ServerFrame): void {
    for (const subscriber of this.subscribers) subscriber.receive(frame);
  }

  protected snapshot(): Extract<ServerFrame, { type: 'update' }> {
    const change = { ...this.value.snapshot(), id: this.#createId() };
    return { ...this.#updating(change), isAnswer: true };
  }
}

/** Whether clients other than the author of a change may have to move it. */
function isSequence(type: TopicType): boolean {
  return type === 'string' || type === 'list';
}

/** Without members that are not there. */
function toJson({ id, ...change }: SequenceChange): JsonObject {
  return id === undefined ? change : { ...change, id };
}
