import { WordPart } from './word-part.ts';
import { WordPartBuilder } from './word-part-builder.ts';
import type { ReadablePart } from './word-file.ts';
import type { WrittenMessage } from './segment-messages.ts';

type Done = Readonly<{ bytes: Buffer; part: WordPart }>;

/** Gathers messages, in order, into parts of an index of words, all in memory. */
export class WordCollector {
  readonly #partMaxMessages: number;
  readonly #done: Done[] = [];
  #open: WordPartBuilder | undefined;
  /** The open part as it was last looked at. */
  #openDone: Done | undefined;

  /** @param partMaxMessages Most messages of a part, besides its other bounds. */
  constructor(partMaxMessages = Infinity) {
    this.#partMaxMessages = partMaxMessages;
  }

  get sizeBytes(): number {
    return this.#done.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** @param message Comes after the one before. */
  add({ s, conversation, text }: WrittenMessage): void {
    const isFull =
      this.#open === undefined ||
      this.#open.messages >= this.#partMaxMessages ||
      this.#open.isFullFor(s);
    if (isFull) this.#begin(s);
    this.#open?.add(s, conversation, text);
    this.#openDone = undefined;
  }

  /** The parts as bytes, the oldest first. */
  parts(): readonly Buffer[] {
    return this.#all().map(({ bytes }) => bytes);
  }

  /** As `WordFile.read`. */
  *read(): Iterable<ReadablePart> {
    for (const { part, bytes } of this.#all().toReversed()) {
      yield { part, read: (start, end) => bytes.subarray(start, end) };
    }
  }

  #begin(s: number): void {
    const done = this.#finishOpen();
    if (done !== undefined) this.#done.push(done);
    this.#open = new WordPartBuilder(s);
  }

  #all(): readonly Done[] {
    const open = this.#finishOpen();
    return open === undefined ? this.#done : [...this.#done, open];
  }

  #finishOpen(): Done | undefined {
    if (this.#open === undefined) return undefined;
    if (this.#openDone === undefined) {
      const bytes = this.#open.build();
      this.#openDone = { bytes, part: new WordPart(bytes) };
    }
    return this.#openDone;
  }
}
