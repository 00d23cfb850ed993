/** What we carry for others, in a journal of its own, whose segments go when nothing in them counts any more. */
import { Journal } from '../../storage/journal.ts';
import { type JournalOptions } from '../../storage/journal-options.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { Damage } from '../../storage/segment-scan.ts';
import { tryParseAddress } from '../wire/address.ts';
import type { RelayedEntry, RelayedEnvelope } from '../domain/model.ts';
import type { RelayStore } from '../domain/ports.ts';
import { noticeOfDamage } from './damage-notice.ts';
import { isMembers, isTexts } from './members.ts';

/** How long the id of an envelope that is gone is known. Source: docs/security.md, E15. */
const SEEN_MS = 14 * 24 * 60 * 60_000;

/** Smaller than those of the history, so that room is given back soon. */
const SEGMENT_MAX_BYTES = 4 * 1024 * 1024;

/** An envelope. Names as in the history; `b` is the size that counts for the quota. */
type EnvelopeRecord = Readonly<{
  k: 'env';
  id: string;
  from: string;
  to: string;
  ts: string;
  at: number;
  m: string;
  e: string;
  b: number;
}>;

/** Envelopes that were delivered or dropped. */
type GoneRecord = Readonly<{ k: 'gone'; of: readonly string[]; at: number }>;

export type RelayStoreOptions = Readonly<{
  journal: Omit<JournalOptions, 'onRecord' | 'onDamage'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  onNotice: OnNotice;
}>;

/** @throws {StorageError} `storage_failed`: the journal can't be read at all. */
export async function openRelayStore(options: RelayStoreOptions): Promise<JournalRelayStore> {
  const carried = new Carried();
  const damages: Damage[] = [];
  const journal = await Journal.open({
    segmentMaxBytes: SEGMENT_MAX_BYTES,
    ...options.journal,
    onRecord: (value, s) => carried.apply(value, s),
    onDamage: (damage) => damages.push(damage),
  });
  for (const damage of damages) {
    const notice = noticeOfDamage(damage, options.journal.folder, undefined);
    if (notice !== undefined) options.onNotice(notice);
  }
  const store = new JournalRelayStore(journal, carried, options.nowMs);
  await store.dropDead();
  return store;
}

/** As `openRelayStore` makes it. */
export class JournalRelayStore implements RelayStore {
  readonly #journal: Journal;
  readonly #carried: Carried;
  readonly #nowMs: () => number;

  constructor(journal: Journal, carried: Carried, nowMs: () => number) {
    this.#journal = journal;
    this.#carried = carried;
    this.#nowMs = nowMs;
  }

  /** Bytes on the disk. */
  get sizeBytes(): number {
    return this.#journal.sizeBytes;
  }

  *entries(): Iterable<RelayedEntry> {
    for (const { entry } of this.#carried.envelopes.values()) yield entry;
  }

  /** Ids of envelopes that we have count, too. */
  hasSeen(id: string): boolean {
    return this.#carried.envelopes.has(id) || this.#carried.hasSeen(id, this.#nowMs());
  }

  async add(envelope: RelayedEnvelope): Promise<void> {
    if (this.#carried.envelopes.has(envelope.id)) return;
    await this.#journal.append(encodeEnvelope(envelope));
  }

  async read(ids: readonly string[]): Promise<readonly RelayedEnvelope[]> {
    const places = ids.flatMap((id) => this.#carried.envelopes.get(id)?.s ?? []);
    const records = await this.#journal.readMany(places);
    return records.flatMap((value) => decodeEnvelope(value) ?? []);
  }

  async remove(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.#carried.envelopes.has(id));
    if (known.length === 0) return;
    const record: GoneRecord = { k: 'gone', of: known, at: this.#nowMs() };
    await this.#journal.append(record);
    await this.dropDead();
  }

  /** Removes the files of which nothing counts any more. */
  async dropDead(): Promise<void> {
    await this.#journal.dropSegmentsBefore(this.#carried.oldestPlace(this.#nowMs()));
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#journal.close();
  }
}

/** What the journal says that we have, and had lately. */
class Carried {
  /** By id, oldest first. */
  readonly envelopes = new Map<string, Readonly<{ s: number; entry: RelayedEntry }>>();
  /** Ids of those that are gone, the earliest first, with the place of the record that says so. */
  readonly #gone = new Map<string, Readonly<{ s: number; at: number }>>();

  apply(value: unknown, s: number): void {
    const gone = decodeGone(value);
    for (const id of gone?.of ?? []) {
      this.envelopes.delete(id);
      this.#gone.delete(id);
      this.#gone.set(id, { s, at: gone?.at ?? 0 });
    }
    const envelope = decodeEnvelope(value);
    if (envelope === undefined) return;
    const { id, from, to, sizeBytes, at } = envelope;
    this.#gone.delete(id);
    this.envelopes.delete(id);
    this.envelopes.set(id, { s, entry: { id, from, to, sizeBytes, at } });
  }

  hasSeen(id: string, nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#gone.has(id);
  }

  /** Records before this place count no more. */
  oldestPlace(nowMs: number): number {
    this.#forget(nowMs);
    // Both maps are in the order of the journal.
    const [envelope] = this.envelopes.values();
    const [gone] = this.#gone.values();
    return Math.min(envelope?.s ?? Infinity, gone?.s ?? Infinity);
  }

  #forget(nowMs: number): void {
    for (const [id, { at }] of this.#gone) {
      if (nowMs - at < SEEN_MS) return;
      this.#gone.delete(id);
    }
  }
}

function encodeEnvelope(envelope: RelayedEnvelope): EnvelopeRecord {
  const { id, from, to, wireTimestamp, at, message, enctype, sizeBytes } = envelope;
  return { k: 'env', id, from, to, ts: wireTimestamp, at, m: message, e: enctype, b: sizeBytes };
}

function decodeEnvelope(value: unknown): RelayedEnvelope | undefined {
  if (!isMembers(value) || value['k'] !== 'env') return undefined;
  const { id, ts, at, m, e, b } = value;
  const from = typeof value['from'] === 'string' ? tryParseAddress(value['from']) : undefined;
  const to = typeof value['to'] === 'string' ? tryParseAddress(value['to']) : undefined;
  if (from === undefined || to === undefined || typeof id !== 'string') return undefined;
  if (typeof ts !== 'string' || typeof m !== 'string' || typeof e !== 'string') return undefined;
  if (typeof at !== 'number' || typeof b !== 'number') return undefined;
  return { id, from, to, message: m, wireTimestamp: ts, enctype: e, sizeBytes: b, at };
}

function decodeGone(value: unknown): GoneRecord | undefined {
  if (!isMembers(value) || value['k'] !== 'gone') return undefined;
  const { of, at } = value;
  return isTexts(of) && typeof at === 'number' ? { k: 'gone', of, at } : undefined;
}
