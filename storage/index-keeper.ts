import { rm } from 'node:fs/promises';
import type { Derivation, Digest } from './derivation.ts';
import { bytesBehind, fingerprintOf } from './fingerprint.ts';
import type { Sections } from './index-format.ts';
import { parseLine } from './line.ts';
import { visitLines } from './scan.ts';
import { SegmentIndex } from './segment-index.ts';
import { OFFSETS, Segment } from './segment.ts';

/** An index that was found beside its segment. */
export type FoundIndex = Readonly<{
  index: SegmentIndex;
  /** Bytes of the segment that it does not cover. */
  restBytes: number;
}>;

/** Makes, loads and writes the indexes of a journal's segments. None of them is needed: all can be made anew. */
export class IndexKeeper {
  readonly #folder: string;
  readonly #derivation: Derivation;
  /** Files are written one after another. */
  #writing: Promise<void> = Promise.resolve();
  /** Last record, and where it ends, that the file of the open segment's index has. */
  #kept = { lastS: 0, endBytes: 0 };

  constructor(folder: string, derivation: Derivation) {
    this.#folder = folder;
    this.#derivation = derivation;
  }

  /** The index beside a segment; `undefined` when there is none that fits it. */
  find(segment: Segment): FoundIndex | undefined {
    const index = SegmentIndex.load(segment.indexPath, (it) => this.#reread(segment, it));
    if (index?.fingerprint === undefined) return undefined;
    const { span, fingerprint } = index;
    if (span.version !== this.#derivation.version) return undefined;
    const restBytes = bytesBehind(segment.path, span.endBytes, fingerprint);
    return restBytes === undefined ? undefined : { index, restBytes };
  }

  /** A sealed segment is as its index says. */
  adopt(segment: Segment, index: SegmentIndex): void {
    segment.useIndex(index);
    this.#derivation.adopt(index);
  }

  /** The open segment begins as its index says. */
  async resume(segment: Segment, index: SegmentIndex): Promise<void> {
    await segment.resume(index);
    await this.#derivation.resume(index);
    this.#kept = { lastS: segment.lastS, endBytes: segment.sizeBytes };
  }

  /** Bytes of the open segment that a start would have to read. */
  bytesToRead(segment: Segment): number {
    const { lastS, endBytes } = this.#kept;
    return lastS < segment.firstS ? segment.sizeBytes : segment.sizeBytes - endBytes;
  }

  /** Makes the index of a segment whose records were all applied. Its file is written later. */
  seal(segment: Segment): void {
    if (segment.isEmpty) return;
    const index = this.#create(segment, this.#derivation);
    this.adopt(segment, index);
    void this.#writeLater(segment, index);
  }

  /** Writes the index of the open segment as it is now, so that a start need not read it again. */
  async keepOpen(segment: Segment | undefined): Promise<void> {
    if (segment === undefined || segment.isEmpty || segment.lastS === this.#kept.lastS) return;
    this.#kept = { lastS: segment.lastS, endBytes: segment.sizeBytes };
    await this.#writeLater(segment, this.#create(segment, this.#derivation));
  }

  /** For a segment that is written anew. */
  createDigest(): Digest {
    return this.#derivation.createDigest();
  }

  /** Prepares that segments are replaced: their indexes get by without their files, which are removed. */
  async release(segments: readonly Segment[]): Promise<void> {
    await this.idle();
    for (const { index, indexPath } of segments) {
      await index?.leaveFile();
      await rm(indexPath, { force: true });
    }
  }

  /** A segment was written anew in place of these, with these lines. Its file is written later. */
  replace(segments: readonly Segment[], layout: Segment, digest: Digest): void {
    const [segment] = segments;
    if (segment === undefined) return;
    const former = segments.flatMap(({ index }) => index ?? []);
    const index = this.#create(layout, digest);
    segment.useIndex(index);
    this.#derivation.replace(former, index);
    void this.#writeLater(segment, index);
  }

  /** Resolves when all that was made is in files. */
  idle(): Promise<void> {
    return this.#writing;
  }

  /** What is read by seeking, once more from the segment. */
  async #reread({ number, path }: Segment, index: SegmentIndex): Promise<Sections> {
    const segment = new Segment(this.#folder, number);
    const { span } = index;
    const digest = this.#derivation.createDigest(index);
    await visitLines(path, (bytes, { start, end, offset }) => {
      const line = parseLine(bytes, start, end);
      if (line === undefined || line.s < span.firstS || !segment.canFollow(line.s)) return 'go on';
      segment.note(line.s, offset, offset + end - start + 1, line.lastS);
      digest.apply(line.record, line.s);
      return line.lastS < span.lastS ? 'go on' : 'stop';
    });
    return { ...digest.sections().seek, [OFFSETS]: segment.offsets() };
  }

  #create(segment: Segment, digest: Digest): SegmentIndex {
    const { firstS, lastS, sizeBytes: endBytes } = segment;
    const { resident, seek } = digest.sections();
    const span = { version: this.#derivation.version, endBytes, firstS, lastS };
    return SegmentIndex.create(span, resident, { ...seek, [OFFSETS]: segment.offsets() });
  }

  /** An index that can't be written stays in memory, and is made anew at the next start. */
  #writeLater(segment: Segment, index: SegmentIndex): Promise<void> {
    const write = async () => {
      const fingerprint = await fingerprintOf(segment.path, index.span.endBytes);
      await index.write(segment.indexPath, fingerprint);
    };
    this.#writing = this.#writing.then(write).catch(() => undefined);
    return this.#writing;
  }
}
