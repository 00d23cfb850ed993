import type { Sections } from './index-format.ts';
import type { SegmentIndex } from './segment-index.ts';

/** What belongs into an index beside the places of the lines. */
export type DerivedSections = Readonly<{
  /** Loaded when the journal is opened. */
  resident: Sections;
  /** Read by seeking when they are asked for. */
  seek: Sections;
}>;

/** What is derived from the records of one segment and from nothing else. */
export interface Digest {
  /** Takes in the next record. Must not throw. */
  apply(record: unknown, s: number): void;
  /** All that was derived so far. */
  sections(): DerivedSections;
}

/**
 * What is derived from all records of a journal, segment by segment: the sealed ones come in order as their indexes
 * have them; the records of the open one come one by one, old ones and new ones.
 */
export interface Derivation extends Digest {
  /** Of the form of the sections: an index with another one is made anew. */
  readonly version: number;
  /**
   * For a segment that is read by itself, to make its index anew.
   *
   * @param like The index of which a part is damaged: what comes out fits the other part.
   */
  createDigest(like?: SegmentIndex): Digest;
  /** A sealed segment. What was applied since the one before is what this index has. */
  adopt(index: SegmentIndex): void;
  /** The first records of the open segment; the others follow one by one. */
  resume(index: SegmentIndex): Promise<void>;
  /** Sealed segments were written anew, without what was deleted, as one. */
  replace(former: readonly SegmentIndex[], index: SegmentIndex): void;
}
