/**
 * A part of an index of words: of a stretch of the journal, for each word the messages that have it. The words are
 * sorted, so all that begin in one way lie beside each other, and so do the lists of their messages.
 *
 * Source: docs/storage.md#words.
 */
import type { ContactNumber } from '../domain/model.ts';
import type { WordQuery } from '../domain/ports.ts';
import type { RoomUid } from '../domain/room-model.ts';
import { PlaceSet } from './place-set.ts';
import { WordCursor } from './word-bytes.ts';

/** The first number, how many numbers, and the lengths of the three sections. */
export const PART_HEADER_BYTES = 24;
/** Of so many terms the first is in memory. */
export const BLOCK_TERMS = 128;
/** UTF-16 units of a word that count; of longer ones the beginning is known. */
const TERM_MAX_LENGTH = 32;

/** Where the bytes of a part are: a file or memory. Offsets count from the part's beginning. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer> | Buffer;

/** Bytes of the section of messages, from `start` to `end`; empty when there are none. */
type Range = Readonly<{ start: number; end: number }>;
type Block = Readonly<{ first: string; dictionaryStart: number; postingsStart: number }>;
type Entry = Readonly<{ term: string; range: Range }>;

/** As a word is kept; as long as it is short, itself. */
export function termOf(word: string): string {
  if (word.length <= TERM_MAX_LENGTH) return word;
  // Half a character can't be written.
  const isSplit = /[\ud800-\udbff]/.test(word.charAt(TERM_MAX_LENGTH - 1));
  return word.slice(0, isSplit ? TERM_MAX_LENGTH - 1 : TERM_MAX_LENGTH);
}

/** Stands for a conversation or a room, as if each of its messages had this word; no word is like it. */
export function placeTerm(within: ContactNumber | RoomUid): string {
  return `\0${within}`;
}

/** What of a part is in memory: one term of each block. */
export class WordPart {
  readonly baseS: number;
  readonly sizeBytes: number;
  readonly #span: number;
  readonly #postingsSize: number;
  readonly #dictionarySize: number;
  readonly #blocks: readonly Block[];

  private constructor(header: Header, blocks: readonly Block[]) {
    this.baseS = header.baseS;
    this.sizeBytes = header.blocksStart + header.blocksSize;
    this.#span = header.span;
    this.#postingsSize = header.postingsSize;
    this.#dictionarySize = header.dictionarySize;
    this.#blocks = blocks;
  }

  static async open(read: ReadBytes): Promise<WordPart> {
    const header = decodeHeader(await read(0, PART_HEADER_BYTES));
    const { blocksStart, blocksSize } = header;
    const blocks = await read(blocksStart, blocksStart + blocksSize);
    return new WordPart(header, decodeBlocks(blocks));
  }

  /** Messages that have all that is asked for; `undefined` when there are none. */
  async find(query: WordQuery, read: ReadBytes): Promise<PlaceSet | undefined> {
    const ranges: Range[] = [];
    for (const { text, isWhole } of termsOf(query)) {
      const range = await this.#rangeOf(termOf(text), isWhole, read);
      if (range.start === range.end) return undefined;
      ranges.push(range);
    }
    // Those with the fewest messages first: often nothing is left for the others.
    ranges.sort((one, other) => sizeOf(one) - sizeOf(other));
    let found: PlaceSet | undefined;
    for (const range of ranges) {
      const set = await this.#readPlaces(range, read);
      if (found === undefined) found = set;
      else if (!found.intersect(set)) return undefined;
    }
    return found;
  }

  /** Where the lists of all terms lie that are `text`, or begin so. */
  async #rangeOf(text: string, isWhole: boolean, read: ReadBytes): Promise<Range> {
    const fits = (term: string) => (isWhole ? term === text : term.startsWith(text));
    const firstBlock = Math.max(
      0,
      this.#lastBlockWhere((first) => first <= text),
    );
    const lastBlock = Math.max(
      firstBlock,
      this.#lastBlockWhere((first) => first <= text || fits(first)),
    );
    const entries = await this.#readBlock(firstBlock, read);
    // The first block may end before the text, and then the next one begins with it.
    const first = entries.find(({ term }) => fits(term))?.range;
    const start = first?.start ?? this.#blocks[firstBlock + 1]?.postingsStart;
    if (start === undefined || (first === undefined && lastBlock === firstBlock)) return NOTHING;
    const ending = lastBlock === firstBlock ? entries : await this.#readBlock(lastBlock, read);
    const last = ending.findLast(({ term }) => fits(term))?.range;
    return last === undefined ? NOTHING : { start, end: last.end };
  }

  /** The last block whose first term is like that; -1 when there is none. */
  #lastBlockWhere(isLike: (first: string) => boolean): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLike(this.#blocks[middle]?.first ?? '')) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  async #readBlock(index: number, read: ReadBytes): Promise<readonly Entry[]> {
    const block = this.#blocks[index];
    if (block === undefined) return [];
    const sectionStart = PART_HEADER_BYTES + this.#postingsSize;
    const end = this.#blocks[index + 1]?.dictionaryStart ?? this.#dictionarySize;
    const bytes = await read(sectionStart + block.dictionaryStart, sectionStart + end);
    return decodeEntries(bytes, block.postingsStart);
  }

  async #readPlaces({ start, end }: Range, read: ReadBytes): Promise<PlaceSet> {
    const bytes = await read(PART_HEADER_BYTES + start, PART_HEADER_BYTES + end);
    const places = new PlaceSet(this.baseS, this.#span);
    const cursor = new WordCursor(bytes);
    while (!cursor.isAtEnd) {
      let offset = 0;
      for (let left = cursor.varint(); left > 0; left--) {
        offset += cursor.varint();
        places.add(offset);
      }
    }
    return places;
  }
}

const NOTHING: Range = { start: 0, end: 0 };

function sizeOf({ start, end }: Range): number {
  return end - start;
}

function termsOf({ words, conversation, room }: WordQuery): WordQuery['words'] {
  const within = conversation ?? room;
  if (within === undefined) return words;
  return [...words, { text: placeTerm(within), isWhole: true }];
}

type Header = ReturnType<typeof decodeHeader>;

function decodeHeader(bytes: Buffer) {
  const cursor = new WordCursor(bytes, 8);
  const sizes = {
    baseS: bytes.readDoubleLE(0),
    span: cursor.uint32(),
    postingsSize: cursor.uint32(),
    dictionarySize: cursor.uint32(),
    blocksSize: cursor.uint32(),
  };
  const blocksStart = PART_HEADER_BYTES + sizes.postingsSize + sizes.dictionarySize;
  return { ...sizes, blocksStart };
}

function decodeBlocks(bytes: Buffer): readonly Block[] {
  const blocks: Block[] = [];
  const cursor = new WordCursor(bytes);
  while (!cursor.isAtEnd) {
    const dictionaryStart = cursor.uint32();
    const postingsStart = cursor.uint32();
    const first = cursor.take(cursor.byte()).toString();
    blocks.push({ first, dictionaryStart, postingsStart });
  }
  return blocks;
}

function decodeEntries(bytes: Buffer, postingsStart: number): readonly Entry[] {
  const entries: Entry[] = [];
  const cursor = new WordCursor(bytes);
  let former = Buffer.alloc(0);
  let start = postingsStart;
  while (!cursor.isAtEnd) {
    const shared = cursor.byte();
    const rest = cursor.take(cursor.byte());
    const written = Buffer.concat([former.subarray(0, shared), rest]);
    const end = start + cursor.varint();
    entries.push({ term: written.toString(), range: { start, end } });
    former = written;
    start = end;
  }
  return entries;
}
