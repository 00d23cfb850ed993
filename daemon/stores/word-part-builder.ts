/** Makes a part of an index of words: which words the messages of a stretch of the journal have. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Column } from '../../storage/column.ts';
import type { ContactNumber } from '../domain/model.ts';
import type { RoomUid } from '../domain/room-model.ts';
import { foldedWordsOf } from '../domain/words.ts';
import { WordBytes } from './word-bytes.ts';
import { BLOCK_TERMS, PART_HEADER_BYTES, placeTerm, termOf } from './word-part.ts';

/** Bounds of a part, so that neither making nor reading one needs much memory or takes long at once. */
const PART_MAX_POSTINGS = 2 ** 17;
const PART_MAX_TERMS = 2 ** 15;
const PART_MAX_SPAN = 2 ** 18;
const NUMBERS_OF_TERM_BYTES = 16;
/** Others get their turn after so many terms: 2 ms of work. */
const TERMS_AT_ONCE = 2048;

export class WordPartBuilder {
  readonly #termIds = new Map<string, number>();
  /** Of each term: in how many messages it is, and the last of them. */
  readonly #counts = Column.uint32();
  readonly #lastOffsets = Column.uint32();
  /** Each word of each message once, in the order of the messages. */
  readonly #terms = Column.uint32();
  readonly #offsets = Column.uint32();
  readonly #baseS: number;
  #span = 0;
  #messages = 0;

  /** @param baseS Number of the first message, or any before it. */
  constructor(baseS: number) {
    this.#baseS = baseS;
  }

  get baseS(): number {
    return this.#baseS;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Whether the message at a place should begin another part. */
  isFullFor(s: number): boolean {
    return (
      this.#terms.length >= PART_MAX_POSTINGS ||
      this.#counts.length >= PART_MAX_TERMS ||
      s - this.#baseS >= PART_MAX_SPAN
    );
  }

  /** Takes in a message; each comes after the one before. */
  add(s: number, within: ContactNumber | RoomUid, text: string): void {
    const offset = s - this.#baseS;
    this.#span = offset + 1;
    this.#messages++;
    this.#note(placeTerm(within), offset);
    for (const word of foldedWordsOf(text)) this.#note(termOf(word), offset);
  }

  /** The part as bytes, made in slices. Nothing may be added meanwhile, but afterwards. */
  async build(): Promise<Buffer> {
    const terms = [...this.#termIds.keys()].sort();
    const starts = this.#startsOf(terms);
    const offsets = this.#sortOffsets(starts);
    const postings = new WordBytes(this.#terms.length * 2 + NUMBERS_OF_TERM_BYTES);
    const dictionary = new WordBytes(terms.length * NUMBERS_OF_TERM_BYTES + NUMBERS_OF_TERM_BYTES);
    const blocks = new WordBytes(terms.length + NUMBERS_OF_TERM_BYTES);
    let former: Buffer = Buffer.alloc(0);
    for (const [index, term] of terms.entries()) {
      if (index % TERMS_AT_ONCE === 0) await nextTurn();
      const bytes = Buffer.from(term);
      if (index % BLOCK_TERMS === 0) {
        former = Buffer.alloc(0);
        blocks.uint32(dictionary.length);
        blocks.uint32(postings.length);
        blocks.byte(bytes.length);
        blocks.append(bytes);
      }
      const postingsStart = postings.length;
      const id = this.#termIds.get(term) ?? 0;
      writePostings(postings, offsets, starts[id] ?? 0, this.#counts.get(id));
      const shared = sharedLength(former, bytes);
      dictionary.byte(shared);
      dictionary.byte(bytes.length - shared);
      dictionary.append(bytes.subarray(shared));
      dictionary.varint(postings.length - postingsStart);
      former = bytes;
    }
    return this.#join(postings, dictionary, blocks);
  }

  #note(term: string, offset: number): void {
    let id = this.#termIds.get(term);
    if (id === undefined) {
      id = this.#counts.push(0);
      this.#lastOffsets.push(0);
      this.#termIds.set(term, id);
    } else if (this.#lastOffsets.get(id) === offset) {
      return;
    }
    this.#lastOffsets.set(id, offset);
    this.#counts.set(id, this.#counts.get(id) + 1);
    this.#terms.push(id);
    this.#offsets.push(offset);
  }

  /** Where the messages of each term begin when they are sorted by term, by id of the term. */
  #startsOf(terms: readonly string[]): Uint32Array {
    const starts = new Uint32Array(terms.length);
    let start = 0;
    for (const term of terms) {
      const id = this.#termIds.get(term) ?? 0;
      starts[id] = start;
      start += this.#counts.get(id);
    }
    return starts;
  }

  #sortOffsets(starts: Uint32Array): Uint32Array {
    const ends = starts.slice();
    const sorted = new Uint32Array(this.#terms.length);
    for (let index = 0; index < sorted.length; index++) {
      const id = this.#terms.get(index);
      const end = ends[id] ?? 0;
      sorted[end] = this.#offsets.get(index);
      ends[id] = end + 1;
    }
    return sorted;
  }

  #join(postings: WordBytes, dictionary: WordBytes, blocks: WordBytes): Buffer {
    const header = Buffer.alloc(PART_HEADER_BYTES);
    let end = header.writeDoubleLE(this.#baseS, 0);
    for (const value of [this.#span, postings.length, dictionary.length, blocks.length]) {
      end = header.writeUInt32LE(value, end);
    }
    return Buffer.concat([header, postings.taken(), dictionary.taken(), blocks.taken()]);
  }
}

/** How many, the first, and each as its distance from the one before. */
function writePostings(
  target: WordBytes,
  offsets: Uint32Array,
  start: number,
  count: number,
): void {
  target.varint(count);
  let former = 0;
  for (let index = start; index < start + count; index++) {
    const offset = offsets[index] ?? 0;
    target.varint(offset - former);
    former = offset;
  }
}

function sharedLength(one: Buffer, other: Buffer): number {
  const length = Math.min(one.length, other.length);
  let shared = 0;
  while (shared < length && one[shared] === other[shared]) shared++;
  return shared;
}
