/** Looks at a journal, or at a log of lines, as a start would, and changes nothing (D5). */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk, type Disk } from './disk.ts';
import { errnoOf } from './errors.ts';
import { parseLine } from './line.ts';
import { recover } from './recover.ts';
import { visitLines } from './scan.ts';
import type { Damage } from './segment-scan.ts';

/** Something that is not as it was written; as the start would report it. */
export type JournalFinding = Pick<Damage, 'kind' | 'segment' | 'offset' | 'sizeBytes' | 'records'>;

export type JournalReport = Readonly<{
  records: number;
  findings: readonly JournalFinding[];
}>;

/** Sees every good record in order. */
export type OnRecord = (record: unknown, s: number) => void;

/** Repairs nothing, whatever it is told. */
const LOOKING_DISK: Disk = {
  ...nodeDisk,
  open: () => -1,
  write: (_fd, bytes) => bytes.byteLength,
  truncate: () => undefined,
  sync: () => undefined,
  syncInPool: () => Promise.resolve(),
  syncFolder: () => undefined,
  close: () => undefined,
  rename: () => undefined,
  remove: () => undefined,
};

/** All segments of a journal, which need not be there. */
export async function checkJournal(folder: string, onRecord?: OnRecord): Promise<JournalReport> {
  if ((await readdir(folder).catch(ignoreMissing)) === undefined) return NOTHING;
  const findings: JournalFinding[] = [];
  let records = 0;
  // Damaged bytes are copied elsewhere before they are judged; here the copies are of no use.
  const quarantine = await mkdtemp(join(tmpdir(), 'vestnik-check-'));
  try {
    await recover({
      folder,
      quarantine,
      disk: LOOKING_DISK,
      keeper: undefined,
      onRecord(record, s) {
        records += 1;
        onRecord?.(record, s);
      },
      onDamage: (damage) => findings.push(damage),
    });
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
  return { records, findings };
}

/** A log of which only the newest lines count; it need not be there. */
export async function checkLog(path: string): Promise<JournalReport> {
  const segment = path;
  const findings: JournalFinding[] = [];
  let records = 0;
  let lastS = 0;
  await visitLines(path, (bytes, { start, end, offset }) => {
    const line = parseLine(bytes, start, end);
    if (line !== undefined && line.s > lastS) {
      lastS = line.s;
      records += 1;
    } else {
      const place = { segment, offset, sizeBytes: end - start };
      findings.push({ kind: 'damaged', ...place, records: 1 });
    }
    return 'go on';
  }).catch(ignoreMissing);
  return { records, findings };
}

const NOTHING: JournalReport = { records: 0, findings: [] };

function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
