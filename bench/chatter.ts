/** Messages as people write them, made up: Russian and English words, few of them often and many seldom. */
import type { NewMessage } from '../daemon/domain/model.ts';
import { parseAddress } from '../daemon/wire/address.ts';
import { seededRandom } from '../test/soak/seeded-random.ts';

const VOCABULARY_WORDS = 60_000;
const CONVERSATIONS = 200;
/** Of words that stand nowhere else: misspellings, numbers, parts of links. */
const UNIQUE_SHARE = 0.02;
const WORDS_MEAN = 9;
const WORDS_MAX = 120;
/** How fast words become seldom: the second is used half as often as the first, and so on. */
const ZIPF_EXPONENT = 1.05;

const RUSSIAN = [
  'ба',
  'во',
  'ги',
  'до',
  'ёл',
  'жи',
  'ка',
  'ло',
  'ми',
  'на',
  'по',
  'ра',
  'сто',
  'ти',
];
const ENGLISH = [
  'an',
  'be',
  'co',
  'di',
  'er',
  'fo',
  'in',
  'lo',
  'ma',
  'ou',
  'pre',
  'st',
  'the',
  've',
];

/** A source of messages that is the same each time. */
export class Chatter {
  readonly #random = seededRandom(7);
  readonly #words: readonly string[];
  readonly #sums: Float64Array;
  #count = 0;

  constructor() {
    this.#words = Array.from({ length: VOCABULARY_WORDS }, (_, rank) => wordOf(rank));
    this.#sums = new Float64Array(VOCABULARY_WORDS);
    let sum = 0;
    for (let rank = 0; rank < VOCABULARY_WORDS; rank++) {
      sum += 1 / (rank + 2) ** ZIPF_EXPONENT;
      this.#sums[rank] = sum;
    }
  }

  /** The word that is used most often after `rank` others. */
  word(rank: number): string {
    return this.#words[rank] ?? '';
  }

  message(): NewMessage {
    const index = this.#count++;
    const at = 1_672_531_200_000 + index * 60_000;
    const conversation = 1 + Math.floor(this.#random.fraction() ** 3 * CONVERSATIONS);
    return {
      conversation,
      id: index.toString(36).padStart(22, 'm'),
      direction: 'in',
      from: parseAddress(`fc00::${conversation.toString(16)}`),
      to: parseAddress('fc00::ffff'),
      text: this.#text(),
      wireTimestamp: new Date(at).toISOString(),
      timestamp: at,
      receivedAt: at,
      enctype: 'dr1',
      sequence: index + 1,
      via: undefined,
    };
  }

  #text(): string {
    const length = Math.ceil(-Math.log(1 - this.#random.fraction()) * WORDS_MEAN);
    return Array.from({ length: Math.min(WORDS_MAX, length) }, () => this.#pick()).join(' ');
  }

  #pick(): string {
    if (this.#random.fraction() < UNIQUE_SHARE)
      return Math.floor(this.#random.fraction() * 1e9).toString(36);
    const wanted = this.#random.fraction() * (this.#sums.at(-1) ?? 0);
    let low = 0;
    let high = VOCABULARY_WORDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.word(low);
  }
}

/** Different for each rank; the frequent ones are short. */
function wordOf(rank: number): string {
  const syllables = rank % 10 < 7 ? RUSSIAN : ENGLISH;
  let word = '';
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length] ?? '';
  }
  return word;
}
