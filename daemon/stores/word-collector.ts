import { WordPart, type ReadBytes } from './word-part.ts';
import { WordPartBuilder } from './word-part-builder.ts';
import type { ReadablePart } from './word-file.ts';
import type { WrittenMessage } from './written-messages.ts';

type Done = Readonly<{ bytes: Buffer; part: WordPart }>;

/** Gathers messages, in order, into parts of an index of words, all in memory. */
export class WordCollector {
  readonly #partMaxMessages: number;
  readonly #done: Done[] = [];
  #open: WordPartBuilder | undefined;
  /** The parts as of the last `finish`. */
  #finished: readonly Done[] = [];

  /** @param partMaxMessages Most messages of a part, besides its other bounds. */
  constructor(partMaxMessages = Infinity) {
    this.#partMaxMessages = partMaxMessages;
  }

  /** Takes in messages, each after the one before. Calls follow one another. */
  async add(messages: readonly WrittenMessage[]): Promise<void> {
    for (const { s, in: place, text } of messages) {
      const open = this.#open;
      if (open === undefined || open.messages >= this.#partMaxMessages || open.isFullFor(s)) {
        if (open !== undefined) this.#done.push(await finish(open));
        this.#open = new WordPartBuilder(s);
      }
      this.#open?.add(s, typeof place === 'number' ? place : place.room, text);
    }
  }

  /** Makes what was taken in so far ready to be read. */
  async finish(): Promise<void> {
    const open = this.#open === undefined ? [] : [await finish(this.#open)];
    this.#finished = [...this.#done, ...open];
  }

  /** The parts as bytes, the oldest first. */
  parts(): readonly Buffer[] {
    return this.#finished.map(({ bytes }) => bytes);
  }

  /** As `WordFile.read`. */
  *read(): Iterable<ReadablePart> {
    for (const { part, bytes } of this.#finished.toReversed()) {
      yield { part, read: inMemory(bytes) };
    }
  }
}

function inMemory(bytes: Buffer): ReadBytes {
  return (start, end) => bytes.subarray(start, end);
}

async function finish(builder: WordPartBuilder): Promise<Done> {
  const bytes = await builder.build();
  return { bytes, part: await WordPart.open(inMemory(bytes)) };
}
