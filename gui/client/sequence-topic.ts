/** Texts and lists that several edit at once: what is done here shows at once, and is taken back if the daemon refuses it. */
import type { Edit } from '../../daemon/wire/edits.ts';
import type { JsonValue } from '../../daemon/wire/topic-terms.ts';
import { ClientError } from './errors.ts';
import { FollowedTopic, type TopicLine } from './followed-topic.ts';
import { differenceOf, LIST, TEXT, type Kind } from './kinds.ts';
import { Listeners } from './listeners.ts';
import { bringTogether, type Parts } from './parts.ts';
import { createSettled, type Settled } from './settled.ts';
import { SharedSequence } from './shared-sequence.ts';
import { encodeUpdate, type TopicChange } from './topic-frames.ts';

/** What happened to the value that is shown, in the order given; `isOwn`: it was done here. */
export type Edited = Readonly<{ edits: readonly Edit[]; isOwn: boolean }>;

/** What is shown, and what of it the daemon had told; enough to go on after this client is gone. */
export type Unsettled<Content> = Readonly<{ told: Content; shown: Content }>;

class SequenceTopic<Content> extends FollowedTopic {
  protected readonly kind: Kind<Content>;
  readonly #sequence: SharedSequence<Content>;
  readonly #listeners = new Listeners<[value: Content, edited: Edited]>();

  constructor(name: string, type: 'string' | 'list', line: TopicLine, kind: Kind<Content>) {
    super(name, type, line);
    this.kind = kind;
    this.#sequence = new SharedSequence(kind);
  }

  /** What the daemon told, with everything that was done here on top. */
  get value(): Content {
    return this.#sequence.shown;
  }

  /** What the daemon does not have yet, or has not confirmed; `undefined` if there is nothing. */
  get unsettled(): Unsettled<Content> | undefined {
    const { isSettled, told, shown } = this.#sequence;
    return isSettled ? undefined : { told, shown };
  }

  /**
   * Calls back after each change of what is shown, whoever made it.
   *
   * @returns What takes the listener away again.
   */
  onChange(listener: (value: Content, edited: Edited) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Goes on with what was not settled when an earlier client ended. Only before anything else. */
  restore({ told, shown }: Unsettled<Content>): void {
    this.#sequence.restore(told, shown);
  }

  /**
   * Sets the whole value, whatever others do meanwhile.
   *
   * @throws {ClientError} `rejected`, `closed`.
   */
  set(value: Content): Promise<void> {
    return this.#make((makers) => this.#sequence.set(value, makers));
  }

  /** @throws {ClientError} `rejected`, `closed`; what is shown is as it was, with what others did. */
  protected edit(parts: Parts<Content>): Promise<void> {
    if (parts.length === 0) return Promise.resolve();
    return this.#make((makers) => this.#sequence.edit(parts, makers));
  }

  /** What can't be told to the daemon now is shown all the same, and told when it can. */
  #make(wish: (makers: readonly Settled<undefined>[]) => readonly Edit[]): Promise<void> {
    const { refusal } = this;
    const settled = createSettled<undefined>();
    if (refusal !== undefined) settled.reject(refusal);
    this.#show(wish(refusal === undefined ? [settled] : []), true);
    this.sendMore();
    return settled.promise;
  }

  /** As `edit`, of what is in range. */
  protected editAt(at: number, removed: number, content: Content): Promise<void> {
    const size = this.kind.length(this.value);
    const isInside = Number.isSafeInteger(at) && at >= 0 && removed >= 0 && at + removed <= size;
    if (!isInside) {
      return Promise.reject(new ClientError('rejected', `there are only ${size} units`));
    }
    const removal = { at, removed, content: this.kind.empty };
    const insertion = { at, removed: 0, content };
    return this.edit([
      ...(removed > 0 ? [removal] : []),
      ...(this.kind.length(content) > 0 ? [insertion] : []),
    ]);
  }

  protected unanswered(): readonly string[] {
    return this.#sequence.unanswered;
  }

  protected next(): string | undefined {
    const change = this.#sequence.takeNext(this.line.createId);
    return change && encodeUpdate(this.name, change);
  }

  protected lost(): void {
    this.#sequence.lose(this.line.nowMs());
  }

  protected resumed(change: TopicChange, hasRestarted: boolean): void {
    this.#show(this.#sequence.resume(change, hasRestarted), false);
  }

  protected changed(change: TopicChange): void {
    this.#show(this.#sequence.hear(change, this.line.nowMs()), false);
  }

  protected rejected(id: string | undefined, reason: string): void {
    this.#show(this.#sequence.hearRejection(id, reason), false);
  }

  protected ended(error: ClientError): void {
    this.#sequence.disappoint(error);
  }

  #show(edits: readonly Edit[], isOwn: boolean): void {
    if (edits.length > 0) this.#listeners.tell(this.#sequence.shown, { edits, isOwn });
  }
}

/** Where and after what somebody typed. */
export type Typing = Readonly<{
  /** Where the cursor stands now: tells at which of several equal letters something was typed. */
  cursor?: number;
  /** What was on the screen before; unless given, the value. Others may have changed it since. */
  before?: string;
}>;

export class StringTopic extends SequenceTopic<string> {
  constructor(name: string, line: TopicLine) {
    super(name, 'string', line, TEXT);
  }

  /**
   * @param position In UTF-16 units, as everywhere.
   * @throws {ClientError} `rejected`, `closed`.
   */
  insert(position: number, text: string): Promise<void> {
    return this.editAt(position, 0, text);
  }

  /** @throws {ClientError} `rejected`, `closed`. */
  delete(position: number, length: number): Promise<void> {
    return this.editAt(position, length, '');
  }

  /**
   * Makes the edit that somebody has just made in a field; what others write meanwhile stays.
   *
   * @param text What is in the field now.
   * @throws {ClientError} `rejected`, `closed`.
   */
  write(text: string, { cursor, before = this.value }: Typing = {}): Promise<void> {
    const typed = differenceOf(TEXT, before, text, cursor);
    const missed = differenceOf(TEXT, before, this.value);
    return this.edit(bringTogether(TEXT, missed, typed).second);
  }
}

export class ListTopic extends SequenceTopic<readonly JsonValue[]> {
  constructor(name: string, line: TopicLine) {
    super(name, 'list', line, LIST);
  }

  /** @throws {ClientError} `rejected`, `closed`. */
  insert(position: number, ...items: readonly JsonValue[]): Promise<void> {
    return this.editAt(position, 0, items);
  }

  /** @throws {ClientError} `rejected`, also if somebody else took one of them away; `closed`. */
  remove(position: number, count = 1): Promise<void> {
    return this.editAt(position, count, []);
  }
}
