import { dirname, join } from 'node:path';
import type { Derivation } from './derivation.ts';
import { nodeDisk, type Disk } from './disk.ts';
import type { JournalState } from './journal-writer.ts';
import type { Damage } from './segment-scan.ts';

/** A segment is sealed when it would grow beyond this. Source: docs/storage.md. */
export const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;
/** How much an outage may cost with `fsync: 'interval'`. Source: docs/storage.md. */
export const SYNC_INTERVAL_MS = 5000;

export type JournalOptions = Readonly<{
  /** Holds the segments; created if it is not there. */
  folder: string;
  /** Where copies of damaged bytes go; `quarantine` beside the folder unless given. */
  quarantine?: string;
  segmentMaxBytes?: number;
  /**
   * - `always`: an append resolves when it is on the disk.
   * - `interval`: when it is written; power loss takes up to `intervalMs` with it, a crash nothing.
   * - `never`: as `interval`, but the system decides when.
   */
  fsync?: 'always' | 'interval' | 'never';
  intervalMs?: number;
  /**
   * Sees every record once, in the order of its number `s`: at opening what is there, later what has become durable,
   * before those who wait for it go on. Must not throw.
   */
  onRecord?: (record: unknown, s: number) => void;
  /**
   * What is derived and kept beside the segments, so that opening does not read those. It sees the same records as
   * `onRecord`, of sealed segments only what their indexes have; `onRecord` is not called for those.
   */
  derivation?: Derivation;
  onDamage?: (damage: Damage) => void;
  onState?: (state: JournalState) => void;
  disk?: Disk;
}>;

export type JournalSettings = ReturnType<typeof withDefaults>;

export function withDefaults({ onRecord, ...options }: JournalOptions) {
  const nothing = () => undefined;
  return {
    quarantine: join(dirname(options.folder), 'quarantine'),
    segmentMaxBytes: SEGMENT_MAX_BYTES,
    fsync: 'always',
    intervalMs: SYNC_INTERVAL_MS,
    onDamage: nothing,
    onState: nothing,
    disk: nodeDisk,
    derivation: undefined,
    ...options,
    onRecord(record: unknown, s: number) {
      options.derivation?.apply(record, s);
      onRecord?.(record, s);
    },
  } as const;
}
