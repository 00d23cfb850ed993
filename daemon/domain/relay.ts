import type { Address } from '../wire/address.ts';
import { HISTORY_MAX_BYTES, HISTORY_MAX_MESSAGES, type WireMessage } from '../wire/peer.ts';
import { plainMessageId } from '../crypto/digest.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import { Expiry } from './expiry.ts';
import type { Contact, RelayedEntry, RelayedEnvelope } from './model.ts';
import type { Clock, RelayStore } from './ports.ts';

/** How much we carry. Source: docs/security.md, E15. */
export type RelayQuota = Readonly<{
  pairMaxMessages: number;
  pairMaxBytes: number;
  senderMaxBytes: number;
  totalMaxBytes: number;
  maxAgeDays: number;
}>;

export const RELAY_QUOTA: RelayQuota = {
  pairMaxMessages: 500,
  pairMaxBytes: 8 * 1024 * 1024,
  senderMaxBytes: 64 * 1024 * 1024,
  totalMaxBytes: 256 * 1024 * 1024,
  maxAgeDays: 14,
};

/** Refusals of the recipient after which we stop carrying an envelope (E17). */
const REFUSALS_MAX = 3;
const DAY_MS = 86_400_000;
/** What an envelope takes besides its message. */
const ENVELOPE_BYTES = 200;

/** What we carry: sealed envelopes, handshakes past a friend, and what a sender chose to leave open (E15, E19). */
const CARRIED: ReadonlySet<string> = new Set(['dr1', 'hs1', 'hs2', '']);

/** One line of the relay ledger. */
export type LedgerLine = Readonly<{
  from: Address;
  to: Address;
  messages: number;
  bytes: number;
  oldestAt: number;
}>;

type Dependencies = Readonly<{
  store: RelayStore;
  contacts: Contacts;
  events: DomainEvents;
  clock: Clock;
  quota: RelayQuota;
  /** Whether the disk has room for what is not ours (D7). */
  hasRoom: () => boolean;
}>;

/** What we carry for friends: taken under quota, handed to nobody but its recipient, forgotten after that. */
export class Relay {
  readonly #deps: Dependencies;
  /** Envelopes that are being stored, so that a parallel copy waits for the same write. */
  readonly #arriving = new Map<string, Promise<boolean>>();
  readonly #refusals = new Map<string, number>();
  readonly #expiry: Expiry<string>;
  /** What we carry, by recipient and id, oldest first; and how much for each sender. */
  readonly #carried = new Map<Address, Map<string, RelayedEntry>>();
  readonly #senderBytes = new Map<Address, number>();
  #totalBytes = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#expiry = new Expiry(deps.clock);
    for (const entry of deps.store.entries()) this.#count(entry);
    deps.events.on('contactMoved', ({ contact, from }) => this.#follow(contact, from));
  }

  /**
   * Takes an envelope of a contact for another contact.
   *
   * @param sender The contact that proved its access key; it can only send its own messages (E15).
   * @returns `true` once it is durable here, or was delivered before.
   */
  async take(sender: Contact, message: WireMessage): Promise<boolean> {
    const id = plainMessageId(message);
    const arriving = this.#arriving.get(id);
    if (arriving !== undefined) return arriving;
    const isCarried = this.#carried.get(this.#placeOf(message))?.has(id) === true;
    if (isCarried || this.#deps.store.hasSeen(id)) return true;
    if (!this.#isWelcome(sender, message)) return false;
    const storing = this.#store({ ...toEnvelope(message), id, at: this.#deps.clock.nowMs() });
    this.#arriving.set(id, storing);
    return storing;
  }

  /** What we carry, a line for each sender and recipient. */
  ledger(): readonly LedgerLine[] {
    const lines = new Map<string, LedgerLine>();
    for (const { from, to, sizeBytes, at } of this.#entries()) {
      const pair = `${from} ${to}`;
      const line = lines.get(pair) ?? { from, to, messages: 0, bytes: 0, oldestAt: at };
      lines.set(pair, {
        ...line,
        messages: line.messages + 1,
        bytes: line.bytes + sizeBytes,
        oldestAt: Math.min(line.oldestAt, at),
      });
    }
    return [...lines.values()];
  }

  /** Whether we carry something for this contact. */
  hasFor(contact: Contact): boolean {
    return this.#carried.has(contact.address);
  }

  /** The next envelopes for their recipient, as many as one `history` may carry, oldest first. */
  async nextBatch(recipient: Contact): Promise<readonly RelayedEnvelope[]> {
    const ids: string[] = [];
    let bytes = 0;
    for (const { id, sizeBytes } of this.#carriedFor(recipient.address)) {
      // It is counted already, and not stored yet.
      if (this.#arriving.has(id)) continue;
      bytes += sizeBytes + ENVELOPE_BYTES;
      if (ids.length > 0 && bytes > HISTORY_MAX_BYTES) break;
      ids.push(id);
      if (ids.length === HISTORY_MAX_MESSAGES) break;
    }
    const envelopes = await this.#deps.store.read(ids);
    if (envelopes.length < ids.length) await this.#giveUpUnreadable(recipient, ids, envelopes);
    return envelopes;
  }

  /** Notes what the recipient answered: what it has, and what it did not want three times, is forgotten. */
  async settle(
    batch: readonly RelayedEnvelope[],
    { accepted, isFull }: Readonly<{ accepted: readonly boolean[]; isFull: boolean }>,
  ): Promise<void> {
    const done = batch.filter(({ id }, index) => {
      if (accepted[index] === true) return true;
      // That there is no room for it is no refusal.
      if (isFull) return false;
      const refusals = (this.#refusals.get(id) ?? 0) + 1;
      this.#refusals.set(id, refusals);
      return refusals >= REFUSALS_MAX;
    });
    await this.#remove(done);
  }

  /** Drops what we carry for a recipient, from everybody or from one sender alone. */
  async drop(to: Address, from?: Address): Promise<void> {
    await this.#removeWhere(
      (entry) => entry.to === to && (from === undefined || entry.from === from),
    );
  }

  /** A sender takes back what it gave us. */
  async withdraw(sender: Contact, ids: readonly string[]): Promise<void> {
    const wanted = new Set(ids);
    await this.#removeWhere(({ id, from }) => wanted.has(id) && from === sender.address);
  }

  /** Forgets what nobody fetched in time. Meant to be called about hourly. */
  async expire(): Promise<void> {
    const { clock, quota } = this.#deps;
    const oldestAt = clock.nowMs() - quota.maxAgeDays * DAY_MS;
    const seeming = [...this.#entries()].filter(({ at }) => at < oldestAt);
    const expired = this.#expiry.confirm(seeming.map(({ id }) => id));
    await this.#removeWhere(({ id }) => expired.has(id));
  }

  /** E15: an authenticated contact's own message, for a contact of ours, within the quota. */
  #isWelcome(sender: Contact, { from, to, message, enctype }: WireMessage): boolean {
    const recipient = this.#deps.contacts.resolve(to);
    return (
      sender.relayFor &&
      from === sender.address &&
      CARRIED.has(enctype) &&
      recipient?.state === 'established' &&
      !recipient.isBlocked &&
      recipient.number !== sender.number &&
      this.#deps.hasRoom() &&
      this.#isWithinQuota(from, to, Buffer.byteLength(message, 'utf8'))
    );
  }

  #isWithinQuota(from: Address, to: Address, sizeBytes: number): boolean {
    const { quota } = this.#deps;
    let pairMessages = 1;
    let pairBytes = sizeBytes;
    for (const entry of this.#carriedFor(this.#placeOf({ to }))) {
      if (entry.from !== from) continue;
      pairMessages += 1;
      pairBytes += entry.sizeBytes;
    }
    return (
      pairMessages <= quota.pairMaxMessages &&
      pairBytes <= quota.pairMaxBytes &&
      (this.#senderBytes.get(from) ?? 0) + sizeBytes <= quota.senderMaxBytes &&
      this.#totalBytes + sizeBytes <= quota.totalMaxBytes
    );
  }

  async #store(envelope: RelayedEnvelope): Promise<boolean> {
    const entry = toEntry(envelope);
    // Counted first, so that many at once do not all find the same room.
    this.#count(entry);
    try {
      await this.#deps.store.add(envelope);
    } catch {
      // Reported by the store; the sender keeps its message and finds another relay.
      this.#uncount(entry);
      return false;
    } finally {
      this.#arriving.delete(envelope.id);
    }
    this.#deps.events.emit('relay', undefined);
    const recipient = this.#deps.contacts.resolve(envelope.to);
    if (recipient !== undefined) this.#deps.events.emit('carried', { contact: recipient });
    return true;
  }

  /** What a damaged line held nobody can forward, and it must not stand in the way of what is behind it. */
  async #giveUpUnreadable(
    { address }: Contact,
    ids: readonly string[],
    envelopes: readonly RelayedEnvelope[],
  ): Promise<void> {
    const readable = new Set(envelopes.map(({ id }) => id));
    const unreadable = ids.filter((id) => !readable.has(id));
    const carried = this.#carried.get(address);
    await this.#remove(unreadable.flatMap((id) => carried?.get(id) ?? []));
  }

  async #removeWhere(isDoomed: (entry: RelayedEntry) => boolean): Promise<void> {
    await this.#remove([...this.#entries()].filter(isDoomed));
  }

  async #remove(entries: readonly RelayedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#deps.store.remove(entries.map(({ id }) => id));
    for (const entry of entries) {
      this.#uncount(entry);
      this.#refusals.delete(entry.id);
    }
    this.#deps.events.emit('relay', undefined);
  }

  *#entries(): Generator<RelayedEntry> {
    for (const entries of this.#carried.values()) yield* entries.values();
  }

  #carriedFor(to: Address): Iterable<RelayedEntry> {
    return this.#carried.get(to)?.values() ?? [];
  }

  /** What was addressed to where a contact was is for it still. */
  #follow(contact: Contact, from: Address): void {
    const entries = this.#carried.get(from);
    if (entries === undefined) return;
    this.#carried.delete(from);
    const others = this.#carried.get(contact.address) ?? [];
    this.#carried.set(contact.address, new Map([...others, ...entries]));
    this.#deps.events.emit('carried', { contact });
  }

  /** Where the recipient of an envelope is now. */
  #placeOf({ to }: Pick<RelayedEntry, 'to'>): Address {
    return this.#deps.contacts.resolve(to)?.address ?? to;
  }

  #count(entry: RelayedEntry): void {
    const place = this.#placeOf(entry);
    const entries = this.#carried.get(place) ?? new Map<string, RelayedEntry>();
    this.#carried.set(place, entries.set(entry.id, entry));
    this.#weigh(entry.from, entry.sizeBytes);
  }

  #uncount(entry: RelayedEntry): void {
    const { id, from, sizeBytes } = entry;
    const place = this.#placeOf(entry);
    const entries = this.#carried.get(place);
    if (entries?.delete(id) !== true) return;
    if (entries.size === 0) this.#carried.delete(place);
    this.#weigh(from, -sizeBytes);
  }

  #weigh(sender: Address, bytes: number): void {
    const total = (this.#senderBytes.get(sender) ?? 0) + bytes;
    if (total === 0) this.#senderBytes.delete(sender);
    else this.#senderBytes.set(sender, total);
    this.#totalBytes += bytes;
  }
}

/** What stays in memory of an envelope; its text does not. */
function toEntry({ id, from, to, sizeBytes, at }: RelayedEnvelope): RelayedEntry {
  return { id, from, to, sizeBytes, at };
}

function toEnvelope(message: WireMessage): Omit<RelayedEnvelope, 'id' | 'at'> {
  const { from, to, wireTimestamp, enctype } = message;
  const sizeBytes = Buffer.byteLength(message.message, 'utf8');
  return { from, to, message: message.message, wireTimestamp, enctype, sizeBytes };
}
