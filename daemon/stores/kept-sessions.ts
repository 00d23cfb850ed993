import type { LogLine } from '../../storage/compact-log.ts';
import type { PeerSessions } from '../crypto/sessions.ts';
import type { ContactNumber } from '../domain/model.ts';
import {
  decodeSessionRecord,
  type Base,
  type SessionRecord,
  type SessionSeal,
} from './session-records.ts';

/** The sessions with one contact as the log has them. */
type Kept = Readonly<{
  sessions: PeerSessions;
  base: Base;
  /** Of the base's line. */
  baseBytes: number;
}>;

/** What of the log counts. */
export class KeptSessions {
  readonly #seal: SessionSeal;
  readonly #kept = new Map<ContactNumber, Kept>();
  /** Contacts whose newest line so far could not be read. */
  readonly #unreadable = new Set<ContactNumber>();
  /** Contacts with lines under another key: left from a change of the passphrase, beside ours that say the same. */
  readonly #foreign = new Set<ContactNumber>();
  #baseBytes = 0;
  #hasForeign = false;

  constructor(seal: SessionSeal) {
    this.#seal = seal;
  }

  /** Bytes of the bases that count. Whatever else is in the log makes former keys known. */
  get baseBytes(): number {
    return this.#baseBytes;
  }

  /** Some lines are not sealed as they are now to be. */
  get hasForeign(): boolean {
    return this.#hasForeign;
  }

  /** How many contacts have older sessions than they had, or none, since lines could not be read. */
  get damagedContacts(): number {
    const lost = [...this.#foreign].filter((n) => !this.#kept.has(n));
    return new Set([...this.#unreadable, ...lost]).size;
  }

  entries(): IterableIterator<readonly [ContactNumber, Kept]> {
    return this.#kept.entries();
  }

  get(contact: ContactNumber): Kept | undefined {
    return this.#kept.get(contact);
  }

  /** Takes in a line as it is read. */
  read(value: unknown, line: LogLine): void {
    const record = decodeSessionRecord(value);
    if (record === undefined) return;
    if (record.k === 'gone') {
      this.note(record, line, undefined);
      return;
    }
    if (!this.#seal.isOwn(record)) this.#hasForeign = true;
    const sessions = this.#seal.open(record, this.#kept.get(record.n)?.base);
    if (sessions !== undefined) this.note(record, line, sessions);
    else if (this.#seal.isOwn(record)) this.#unreadable.add(record.n);
    else this.#foreign.add(record.n);
  }

  /** Takes in a line that was written, with the sessions that it means. */
  note({ k, n }: SessionRecord, { s, sizeBytes }: LogLine, sessions?: PeerSessions): void {
    const former = this.#kept.get(n);
    this.#baseBytes -= former?.baseBytes ?? 0;
    this.#kept.delete(n);
    this.#unreadable.delete(n);
    if (sessions === undefined) return;
    const kept: Kept =
      k === 'step' && former !== undefined
        ? { ...former, sessions }
        : { sessions, base: { s, sessions }, baseBytes: sizeBytes };
    this.#baseBytes += kept.baseBytes;
    this.#kept.set(n, kept);
  }
}
