/** The columns of messages in a segment's index, by name. Source: docs/storage.md#indexes. */
import type { Cells, Sections } from '../../storage/index-format.ts';
import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { Drop, Naming, SegmentNews } from './segment-messages.ts';

/** Columns that are loaded. */
export function residentOf({ resident }: Pick<SegmentIndex, 'resident'>) {
  return {
    placeLows: uint16(resident, 'placeLows'),
    placeHighs: uint32(resident, 'placeHighs'),
    flags: uint16(resident, 'flags'),
    lastSteps: narrow(resident, 'lastSteps'),
    order: narrow(resident, 'order'),
    numbers: uint32(resident, 'numbers'),
    starts: uint32(resident, 'starts'),
    idKey: uint32(resident, 'idKey'),
    idFilter: uint32(resident, 'idFilter'),
    idBuckets: uint32(resident, 'idBuckets'),
    laterTargets: uint32(resident, 'laterTargets'),
    laterPlaces: uint32(resident, 'laterPlaces'),
    laterCodes: uint16(resident, 'laterCodes'),
    leavingRows: uint32(resident, 'leavingRows'),
    leavingNumbers: uint32(resident, 'leavingNumbers'),
    leavingSizes: uint32(resident, 'leavingSizes'),
    leavingTimes: float64(resident, 'leavingTimes'),
    drops: float64(resident, 'drops'),
    names: uint8(resident, 'names'),
    sequences: float64(resident, 'sequences'),
  };
}

export type ResidentColumns = ReturnType<typeof residentOf>;

/** The secret of an index's hashes. */
export function seedOf({ resident }: Pick<SegmentIndex, 'resident'>): number {
  return (uint32(resident, 'idKey')[0] ?? 0) | 0;
}

/** Columns that are read by seeking. */
export function seekColumnsOf(sections: Sections) {
  return {
    idHashes: uint32(sections, 'idHashes'),
    idRows: uint32(sections, 'idRows'),
    stepEnds: uint32(sections, 'stepEnds'),
    steps: uint32(sections, 'steps'),
  };
}

/** Drops, names and the greatest conversation as columns. */
export function sectionsOfNews(news: Omit<SegmentNews, 'runs'>) {
  const drops = news.drops.flatMap(({ conversation, s }) => [conversation, s]);
  const namings = news.namings.map(({ conversation, address }) => [conversation, address]);
  const names = JSON.stringify({ last: news.lastConversation, namings });
  return { drops: Float64Array.from(drops), names: new Uint8Array(Buffer.from(names)) };
}

/** The same from its columns. */
export function newsOf({ drops, names, sequences }: ResidentColumns): SegmentNews {
  return { drops: dropsOf(drops), ...namesOf(names), runs: sequences };
}

function dropsOf(cells: Float64Array): Drop[] {
  return Array.from({ length: cells.length / 2 }, (_, i) => ({
    conversation: cells[i * 2] ?? 0,
    s: cells[i * 2 + 1] ?? 0,
  }));
}

/** The text is under a checksum and ours. */
function namesOf(bytes: Uint8Array): Pick<SegmentNews, 'lastConversation' | 'namings'> {
  if (bytes.length === 0) return { lastConversation: 0, namings: [] };
  const { last, namings } = JSON.parse(Buffer.from(bytes).toString()) as Readonly<{
    last: number;
    namings: readonly (readonly [number, string])[];
  }>;
  const toNaming = ([conversation, address]: readonly [number, string]): Naming => ({
    conversation,
    address,
  });
  return { lastConversation: last, namings: namings.map(toNaming) };
}

function uint32(sections: Sections, name: string): Uint32Array {
  return pick(sections[name], Uint32Array);
}

function uint16(sections: Sections, name: string): Uint16Array {
  return pick(sections[name], Uint16Array);
}

function narrow(sections: Sections, name: string): Uint16Array | Uint32Array {
  const cells = sections[name];
  return cells instanceof Uint32Array ? cells : uint16(sections, name);
}

function uint8(sections: Sections, name: string): Uint8Array {
  return pick(sections[name], Uint8Array);
}

function float64(sections: Sections, name: string): Float64Array {
  return pick(sections[name], Float64Array);
}

function pick<T extends Cells>(cells: Cells | undefined, type: new () => T): T {
  return cells instanceof type ? cells : new type();
}
