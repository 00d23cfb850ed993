/** All messages, in a journal: the port of the domain, and what derives from the records. */
import { randomBytes } from 'node:crypto';
import type { DiskLevel } from '../../storage/disk-space.ts';
import { StorageError } from '../../storage/errors.ts';
import { Journal, type JournalExtent, type SegmentView } from '../../storage/journal.ts';
import { type JournalOptions } from '../../storage/journal-options.ts';
import type { JournalState } from '../../storage/journal-writer.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { Damage } from '../../storage/segment-scan.ts';
import type {
  ContactNumber,
  Direction,
  MessageState,
  MessageStep,
  NewMessage,
  StoredMessage,
} from '../domain/model.ts';
import type { MessageStore, PageQuery, SequenceGap, Undelivered, Unseen } from '../domain/ports.ts';
import { noticeOfDamage } from './damage-notice.ts';
import { HistoryDerivation } from './history-derivation.ts';
import { HistoryUpkeep, type UpkeepOptions } from './history-upkeep.ts';
import { MessageIndex } from './message-index.ts';
import { MessageReader } from './message-reader.ts';
import {
  decodeRecord,
  encodeMessage,
  formatMessage,
  encodeStep,
  type DeletionRecord,
  type DropRecord,
  type HistoryRecord,
  type NameRecord,
  type SequenceRecord,
  type TombRecord,
} from './message-records.ts';
import type { RoomEventIndex } from './room-event-index.ts';

export type MessageStoreOptions = Readonly<{
  journal: Omit<JournalOptions, 'onRecord' | 'onDamage'>;
  /** How much room the disk has; new messages are refused while it is full. */
  level?: () => DiskLevel;
  /** Takes in what the same journal holds of rooms. */
  rooms?: RoomEventIndex;
  onNotice: OnNotice;
  /** Time for what is done in the background; none of that happens without. */
  upkeep?: Pick<UpkeepOptions, 'clock' | 'delayMs' | 'restMs'> | undefined;
}>;

/** @throws {StorageError} `storage_failed`: the journal can't be read at all. */
export async function openMessageStore(options: MessageStoreOptions): Promise<JournalMessageStore> {
  const { rooms } = options;
  const index = new MessageIndex(randomBytes(4).readInt32LE());
  const damages: Damage[] = [];
  let onDamage = (damage: Damage): void => void damages.push(damage);
  const journal = await Journal.open({
    ...options.journal,
    derivation: rooms === undefined ? index : new HistoryDerivation(index, rooms),
    onDamage: (damage) => onDamage(damage),
  });
  await tellDamages(journal, damages, options);
  // What is found later; when it was written is worth telling, but not worth failing.
  onDamage = (damage) => void tellDamages(journal, [damage], options).catch(() => undefined);
  const { upkeep } = options;
  const care = upkeep && new HistoryUpkeep({ ...upkeep, journal, index, rooms });
  care?.start();
  return new JournalMessageStore(journal, index, { ...options, care });
}

/** As `openMessageStore` makes it. */
export class JournalMessageStore implements MessageStore {
  readonly #journal: Journal;
  readonly #index: MessageIndex;
  readonly #reader: MessageReader;
  readonly #level: () => DiskLevel;
  readonly #care: HistoryUpkeep | undefined;

  constructor(
    journal: Journal,
    index: MessageIndex,
    { level, care }: Pick<MessageStoreOptions, 'level'> & { care: HistoryUpkeep | undefined },
  ) {
    this.#journal = journal;
    this.#index = index;
    this.#reader = new MessageReader(journal, index);
    this.#care = care;
    this.#level = level ?? (() => 'ok');
  }

  get undelivered(): readonly Undelivered[] {
    return this.#index.undelivered();
  }

  get lastS(): number {
    return this.#journal.lastS;
  }

  get nextConversation(): ContactNumber {
    return this.#index.names.next;
  }

  get state(): JournalState {
    return this.#journal.state;
  }

  /** Bytes on the disk, and of what is derived from them in memory. */
  get sizes(): Readonly<{ journalBytes: number; indexBytes: number }> {
    return { journalBytes: this.#journal.sizeBytes, indexBytes: this.#index.sizeBytes };
  }

  /** The files of the journal as they are now, oldest first. */
  segments(): readonly SegmentView[] {
    return this.#journal.segments();
  }

  conversationOf(address: string): ContactNumber | undefined {
    return this.#index.names.numberOf(address);
  }

  async nameConversation(conversation: ContactNumber, address: string): Promise<void> {
    if (this.#index.names.numberOf(address) === conversation) return;
    await this.#append({ k: 'conv', n: conversation, address } satisfies NameRecord);
  }

  async add(messages: readonly NewMessage[]): Promise<readonly StoredMessage[]> {
    if (messages.length === 0) return [];
    this.#refuseIfFull();
    const firstS = await this.#journal.append(messages.map(encodeMessage), formatMessage);
    return messages.map((message, index) => this.#reader.complete(message, firstS + index));
  }

  hurry(): void {
    this.#journal.hurry();
  }

  async note(step: MessageStep): Promise<number> {
    const record = encodeStep(step);
    return isAwaited(step) ? this.#append(record) : this.#journal.appendSoon(record);
  }

  async remove(conversation: ContactNumber, messages: readonly number[]): Promise<void> {
    if (messages.length === 0) return;
    await this.#append({ k: 'del', n: conversation, of: messages } satisfies DeletionRecord);
    this.#care?.noteDeletion();
  }

  async removeConversation(conversation: ContactNumber): Promise<number> {
    const s = await this.#append({ k: 'drop', n: conversation } satisfies DropRecord);
    this.#care?.noteDeletion();
    return s;
  }

  async removeUnseen(conversation: ContactNumber, { id, sequence }: Unseen): Promise<void> {
    const record = { k: 'tomb', n: conversation, d: 'in', id, q: sequence } as const;
    await this.#append(record satisfies TombRecord);
  }

  find(conversation: ContactNumber, direction: Direction, id: string): Promise<number | undefined> {
    return this.#reader.find(conversation, direction, id);
  }

  known(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly string[],
  ): Promise<readonly string[]> {
    return this.#reader.known(conversation, direction, ids);
  }

  read(places: readonly number[]): Promise<readonly StoredMessage[]> {
    return this.#reader.read(places);
  }

  page(conversation: ContactNumber, query: PageQuery): Promise<readonly StoredMessage[]> {
    return this.read(this.#index.page(conversation, query));
  }

  timeline(s: number): Promise<readonly MessageStep[]> {
    return this.#reader.timeline(s);
  }

  lastPlace(conversation: ContactNumber, direction?: Direction): number | undefined {
    return this.#index.lastPlace(conversation, direction);
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    return this.#index.countIncoming(conversation, afterS);
  }

  lastSequence(conversation: ContactNumber, direction: Direction): number {
    return this.#index.lastSequence(conversation, direction);
  }

  missing(conversation: ContactNumber): readonly SequenceGap[] {
    return this.#index.missing(conversation);
  }

  async countSequence(conversation: ContactNumber, sequence: number): Promise<void> {
    await this.#append({ k: 'seq', n: conversation, q: sequence } satisfies SequenceRecord);
  }

  unreadByPeer(conversation: ContactNumber, upToS: number): readonly number[] {
    return this.#index.unreadByPeer(conversation, upToS);
  }

  stateOf(s: number): MessageState | undefined {
    return this.#index.stateOf(s);
  }

  /**
   * Resolves when all that was stored before is on the disk, with the journal as it is then. On a disk that takes nothing
   * any more, all that was acknowledged is there already.
   */
  async settle(): Promise<JournalExtent> {
    await this.#journal.sync().catch(ignoreStorageError);
    return this.#journal.extent;
  }

  /** Appends records of another kind to the journal: all or none, with the promises of `add`. */
  async append(records: readonly object[]): Promise<number> {
    this.#refuseIfFull();
    return this.#journal.append(records);
  }

  /** Records of another kind may go: see `RoomEventIndex`. */
  noteDeletion(): void {
    this.#care?.noteDeletion();
  }

  /** Records of any kind by place; `undefined` where there is none or it is damaged. */
  readMany(places: readonly number[]): Promise<unknown[]> {
    return this.#journal.readMany(places);
  }

  /** Resolves when everything is on the disk. */
  async close(): Promise<void> {
    await this.#care?.stop();
    await this.#journal.close();
  }

  /**
   * Takes what was deleted out of the files now, where they are kept tidy at all.
   *
   * @throws {StorageError} Some of it may be left.
   */
  async tidy(): Promise<void> {
    await this.#care?.tidy();
  }

  #refuseIfFull(): void {
    if (this.#level() !== 'full') return;
    throw new StorageError('storage_full', 'there is hardly any room left on the disk');
  }

  #append(record: HistoryRecord): Promise<number> {
    return this.#journal.append(record);
  }
}

/** What a peer did may be noted a little later; for what the owner wants, and for a relay's yes, somebody waits. */
function isAwaited({ step }: MessageStep): boolean {
  return step === 'relayed' || step === 'failed' || step === 'retry';
}

function ignoreStorageError(cause: unknown): void {
  if (!(cause instanceof StorageError)) throw cause;
}

async function tellDamages(
  journal: Journal,
  damages: readonly Damage[],
  { journal: { folder }, onNotice }: MessageStoreOptions,
): Promise<void> {
  for (const damage of damages) {
    const notice = noticeOfDamage(damage, folder, await timeOf(journal, damage.afterS));
    if (notice !== undefined) onNotice(notice);
  }
}

/** When a record was written, for kinds that say so. */
async function timeOf(journal: Journal, s: number): Promise<number | undefined> {
  const record = s === 0 ? undefined : decodeRecord(await journal.read(s));
  return record?.k === 'msg' || record?.k === 'state' ? record.at : undefined;
}
