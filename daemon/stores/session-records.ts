/**
 * What `ratchet.log` holds: all sessions with a contact as a `base`, and what they are later as a `step` from it.
 *
 * Source: docs/storage.md#sessions.
 */
import { seal, sealKeyName, unseal } from '../crypto/sealing.ts';
import {
  decodeSessions,
  decodeSessionsChange,
  encodeSessions,
  encodeSessionsChange,
} from '../crypto/session-bytes.ts';
import type { PeerSessions } from '../crypto/sessions.ts';
import type { RandomBytes } from '../crypto/bytes.ts';
import type { ContactNumber } from '../domain/model.ts';
import { decodeBase64url } from '../wire/base64url.ts';
import { WireError } from '../wire/check.ts';
import { isMembers, isOneOf } from './members.ts';

/** All sessions with contact `n`. */
type BaseRecord = Readonly<{ k: 'base'; n: ContactNumber; y?: string | undefined; x: string }>;
/** What became of them since the base at place `b`, whatever other steps came in between. */
type StepRecord = Readonly<{
  k: 'step';
  n: ContactNumber;
  b: number;
  /** Name of the key that opens `x`, where it is sealed. */
  y?: string | undefined;
  /** base64url. */
  x: string;
}>;
/** There are none any more. */
type GoneRecord = Readonly<{ k: 'gone'; n: ContactNumber }>;

export type SessionRecord = BaseRecord | StepRecord | GoneRecord;

/** A base in the log. */
export type Base = Readonly<{ s: number; sessions: PeerSessions }>;

/** Writes and reads what is inside of records, under a key if there is one. */
export class SessionSeal {
  readonly #key: Uint8Array | undefined;
  readonly #name: string | undefined;
  readonly #randomBytes: RandomBytes;

  constructor(key: Uint8Array | undefined, randomBytes: RandomBytes) {
    this.#key = key;
    this.#name = key && sealKeyName(key);
    this.#randomBytes = randomBytes;
  }

  base(n: ContactNumber, sessions: PeerSessions): BaseRecord {
    return { k: 'base', n, y: this.#name, x: this.#close(encodeSessions(sessions)) };
  }

  step(n: ContactNumber, base: Base, sessions: PeerSessions): StepRecord {
    const x = this.#close(encodeSessionsChange(base.sessions, sessions));
    return { k: 'step', n, b: base.s, y: this.#name, x };
  }

  /** Whether a record is sealed as ours are now. */
  isOwn({ y }: BaseRecord | StepRecord): boolean {
    return y === this.#name;
  }

  /** The sessions in a record; `undefined` when it can't be read. */
  open(record: BaseRecord | StepRecord, base: Base | undefined): PeerSessions | undefined {
    const bytes = this.#open(record);
    if (bytes === undefined) return undefined;
    try {
      if (record.k === 'base') return decodeSessions(bytes);
      return base?.s === record.b ? decodeSessionsChange(base.sessions, bytes) : undefined;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      return undefined;
    } finally {
      bytes.fill(0);
    }
  }

  #close(plain: Uint8Array): string {
    const bytes = this.#key === undefined ? plain : seal(this.#key, plain, this.#randomBytes);
    const { buffer, byteOffset, byteLength } = bytes;
    const text = Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
    plain.fill(0);
    return text;
  }

  #open({ x, y }: BaseRecord | StepRecord): Uint8Array | undefined {
    const bytes = tryDecode(x);
    if (y === undefined || bytes === undefined) return bytes;
    // Of another passphrase, which a change of it has left behind.
    if (this.#key === undefined || y !== this.#name) return undefined;
    return unseal(this.#key, bytes);
  }
}

/** Checks a record; `undefined` for kinds that this version does not know. */
export function decodeSessionRecord(value: unknown): SessionRecord | undefined {
  if (!isMembers(value)) return undefined;
  const { k, n, b, y, x } = value;
  if (!isOneOf(['base', 'step', 'gone'], k) || typeof n !== 'number') return undefined;
  if (k === 'gone') return { k, n };
  if (typeof x !== 'string' || (y !== undefined && typeof y !== 'string')) return undefined;
  if (k === 'base') return { k, n, y, x };
  return typeof b === 'number' ? { k, n, b, y, x } : undefined;
}

function tryDecode(text: string): Uint8Array | undefined {
  try {
    return decodeBase64url(text);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    return undefined;
  }
}
