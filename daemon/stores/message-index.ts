import type { DerivedSections, Derivation, Digest } from '../../storage/derivation.ts';
import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { ContactNumber, Direction, FailReason, MessageState } from '../domain/model.ts';
import type { PageQuery, SequenceGap, Undelivered } from '../domain/ports.ts';
import { ConversationNames } from './conversation-names.ts';
import { ConversationPages } from './conversation-pages.ts';
import { effectOf, REMOVAL, type Effect } from './effect.ts';
import { hashId } from './id-hash.ts';
import { decodeRecord } from './message-records.ts';
import { seedOf } from './message-sections.ts';
import { OpenMessages } from './open-messages.ts';
import { SealedMessages } from './sealed-messages.ts';
import type { Drop, SegmentMessages } from './segment-messages.ts';
import { SequenceRuns, visitRuns } from './sequence-runs.ts';
import { Sequences } from './sequences.ts';

/** Of the form of the columns in an index. */
const VERSION = 2;

/** What the index knows of a message. */
export type IndexedMessage = Readonly<{
  state: MessageState;
  reason: FailReason | undefined;
  /** It is end-to-end encrypted on its way. */
  isSealed: boolean;
  /** Place of its last step; its own without one. */
  rev: number;
  /** One of its steps gave it to a relay. */
  wasRelayed: boolean;
}>;

/** Where a message is. */
type Spot = Readonly<{ messages: SegmentMessages; row: number }>;

/** A segment that may have a message, and what it knows its id by. */
type Hit = Readonly<{ messages: SegmentMessages; hash: number }>;

/**
 * Everything that is derived from the journal of messages: which there are, in which state, where. Of the sealed
 * segments some ten bytes a message are in memory, loaded from their indexes; what a later segment says of an
 * earlier one's messages is laid over them.
 */
export class MessageIndex implements Derivation {
  readonly version = VERSION;
  readonly names = new ConversationNames();
  readonly #sequences = new Sequences();
  /** Oldest first. */
  #sealed: readonly SealedMessages[] = [];
  #open: OpenMessages;
  /** Both. */
  #segments: readonly SegmentMessages[] = [];
  readonly #pages = new ConversationPages();

  /** @param seed Secret of the indexes that this process makes, so that nobody can choose ids that share a hash. */
  constructor(seed: number) {
    this.#open = OpenMessages.create(seed);
    this.#setSegments(this.#sealed, this.#open);
  }

  /** Bytes in memory. */
  get sizeBytes(): number {
    return this.#sealed.reduce((sum, one) => sum + one.sizeBytes, this.#open.sizeBytes);
  }

  apply(value: unknown, s: number): void {
    const record = decodeRecord(value);
    if (record === undefined) return;
    this.#open.applyRecord(record, s);
    this.names.apply(record);
    const run = SequenceRuns.of(record);
    if (run !== undefined) this.#sequences.apply(run);
    if (record.k === 'state') this.#affectSealed(record.of, effectOf(record), s);
    if (record.k === 'del') this.#affectSealed(record.of, REMOVAL, s);
    if (record.k === 'drop') this.#drop({ conversation: record.n, s });
    this.#pages.note(record, s);
  }

  sections(): DerivedSections {
    return this.#open.sections();
  }

  createDigest(like?: SegmentIndex): Digest {
    return OpenMessages.create(like === undefined ? this.#open.seed : seedOf(like));
  }

  adopt(index: SegmentIndex): void {
    const messages = new SealedMessages(index);
    // What was applied record by record has had its effect already.
    if (this.#open.isEmpty) this.#takeEffects(messages);
    this.#setSegments([...this.#sealed, messages], OpenMessages.create(this.#open.seed));
  }

  async resume(index: SegmentIndex): Promise<void> {
    const messages = await OpenMessages.resume(index);
    this.#takeEffects(messages);
    this.#setSegments(this.#sealed, messages);
  }

  replace(former: readonly SegmentIndex[], index: SegmentIndex): void {
    const messages = new SealedMessages(index);
    const replaced = this.#sealed.filter((one) => former.includes(one.index));
    for (const one of replaced) messages.takeOver(one);
    const sealed = this.#sealed.flatMap((one) => {
      if (one === replaced[0]) return [messages];
      return replaced.includes(one) ? [] : [one];
    });
    this.#setSegments(sealed, this.#open);
  }

  /** A message was deleted and its text is still in the file. */
  isDead(s: number): boolean {
    const { columns } = this.#sealedAt(s) ?? this.#open;
    const row = columns.rowAt(s);
    return row !== undefined && columns.isDead(row);
  }

  /** First numbers of sealed segments with messages that are dead, and whether the open one has some. */
  deadSegments(): Readonly<{ sealed: readonly number[]; isInOpen: boolean }> {
    const sealed = this.#sealed.filter(({ columns }) => columns.hasDead());
    return { sealed: sealed.map(({ firstS }) => firstS), isInOpen: this.#open.columns.hasDead() };
  }

  /** Outgoing messages in state `queued` or `relayed`, by place. */
  undelivered(): readonly Undelivered[] {
    const found: Undelivered[] = [];
    for (const messages of this.#segments) {
      const { columns } = messages;
      messages.visitLeaving((row, conversation, sizeBytes, at) => {
        const state = columns.stateOf(row);
        if ((state !== 'queued' && state !== 'relayed') || columns.isRemoved(row)) return;
        found.push({ conversation, s: columns.placeOf(row), state, sizeBytes, at });
      });
    }
    return found;
  }

  /** A message that was not deleted. */
  get(s: number): IndexedMessage | undefined {
    const spot = this.#find(s);
    if (spot === undefined) return undefined;
    const { row, messages } = spot;
    const { columns } = messages;
    return {
      state: columns.stateOf(row),
      reason: columns.reasonOf(row),
      isSealed: columns.isSealed(row),
      rev: columns.lastStepOf(row) ?? s,
      wasRelayed: columns.wasRelayed(row),
    };
  }

  stateOf(s: number): MessageState | undefined {
    const spot = this.#find(s);
    return spot?.messages.columns.stateOf(spot.row);
  }

  /** Places of a message's steps, oldest first. */
  async stepsOf(s: number): Promise<readonly number[]> {
    const spot = this.#find(s);
    if (spot === undefined) return [];
    const { messages, row } = spot;
    const own = await messages.stepsOf(row);
    if (!messages.columns.hasLaterSteps(row)) return own;
    return [...own, ...this.#segments.flatMap(({ later }) => later.stepsOf(s))];
  }

  /** Those of the ids for which `candidates` may find any: nearly always without a look at the disk. */
  seeming(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly string[],
  ): readonly string[] {
    return ids.filter((id) => this.#hits(conversation, direction, id).length > 0);
  }

  /** Places of messages that may have this id, here or on the wire, deleted ones included. */
  async candidates(
    conversation: ContactNumber,
    direction: Direction,
    id: string,
  ): Promise<readonly number[]> {
    const places: number[] = [];
    for (const { messages, hash } of this.#hits(conversation, direction, id)) {
      const rows = await messages.candidates(hash);
      for (const row of rows) places.push(messages.columns.placeOf(row));
    }
    return places;
  }

  /** Where a message with this id may be; asked for every one that comes, of every segment there is. */
  #hits(conversation: ContactNumber, direction: Direction, id: string): readonly Hit[] {
    const hits: Hit[] = [];
    let seed: number | undefined;
    let hash = 0;
    for (const messages of this.#segments) {
      if (messages.seed !== seed) {
        seed = messages.seed;
        hash = hashId(seed, conversation, direction, id);
      }
      if (messages.mayHave(hash)) hits.push({ messages, hash });
    }
    return hits;
  }

  page(conversation: ContactNumber, query: PageQuery): readonly number[] {
    return this.#pages.page(conversation, query);
  }

  lastPlace(conversation: ContactNumber, direction: Direction | undefined): number | undefined {
    return this.#pages.lastPlace(conversation, direction);
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    return this.#pages.countIncoming(conversation, afterS);
  }

  unreadByPeer(conversation: ContactNumber, upToS: number): readonly number[] {
    return this.#pages.unreadByPeer(conversation, upToS);
  }

  lastSequence(conversation: ContactNumber, direction: Direction): number {
    return this.#sequences.last(conversation, direction);
  }

  missing(conversation: ContactNumber): readonly SequenceGap[] {
    return this.#sequences.missing(conversation);
  }

  #setSegments(sealed: readonly SealedMessages[], open: OpenMessages): void {
    this.#sealed = sealed;
    this.#open = open;
    this.#segments = [...sealed, open];
    this.#pages.segments = this.#segments;
  }

  /** What a segment's records do to what is known from before them. */
  #takeEffects(messages: SealedMessages | OpenMessages): void {
    const news = messages.news();
    for (const naming of news.namings) this.names.name(naming);
    this.names.use(news.lastConversation);
    visitRuns(news.runs, (run) => this.#sequences.apply(run));
    for (const drop of news.drops) this.#drop(drop);
    messages.later.visit((target, effect, s) => this.#affectSealed([target], effect, s));
  }

  #affectSealed(places: readonly number[], effect: Effect, s: number): void {
    for (const place of places) {
      const messages = this.#sealedAt(place);
      const row = messages?.columns.rowAt(place);
      if (messages === undefined || row === undefined || messages.columns.isRemoved(row)) continue;
      messages.columns.apply(row, effect, s);
      if (effect.step !== 'remove') messages.columns.markLaterSteps(row);
    }
  }

  /** Those of the open segment are deleted there. */
  #drop({ conversation, s }: Drop): void {
    for (const messages of this.#sealed) {
      if (messages.firstS > s) continue;
      const rows = messages.rowsOf(conversation);
      for (let at = 0; at < rows.length; at++) messages.columns.remove(rows.get(at));
    }
  }

  /** A message that was not deleted. */
  #find(s: number): Spot | undefined {
    const messages = this.#sealedAt(s) ?? this.#open;
    const row = messages.columns.rowAt(s);
    return row === undefined || messages.columns.isRemoved(row) ? undefined : { messages, row };
  }

  /** The sealed segment that may have a message at a place. */
  #sealedAt(s: number): SealedMessages | undefined {
    const last = this.#sealed.at(-1);
    if (last === undefined || s > last.lastS) return undefined;
    let low = 0;
    let high = this.#sealed.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sealed[middle]?.lastS ?? 0) < s) low = middle + 1;
      else high = middle;
    }
    return this.#sealed[low];
  }
}
