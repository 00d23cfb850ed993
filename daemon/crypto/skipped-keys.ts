/** Keys of messages that are still on their way, kept until they come, get too old or too many. */
import { DR1_NUMBER_MAX, RATCHET_KEY_BYTES } from '../wire/dr1-head.ts';
import { isEqualBytes } from './bytes.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';

/** Keys kept for one session; the oldest go first. */
export const SKIPPED_KEYS_MAX = 2000;

const MESSAGE_KEY_BYTES = 32;

/** The key of a message that others have overtaken. */
export type SkippedKey = Readonly<{
  /** The peer's ratchet key of that message. */
  ratchetKey: Uint8Array;
  /** Its place in the chain. */
  number: number;
  messageKey: Uint8Array;
  /** When we saw that it was overtaken, milliseconds since 1970. */
  at: number;
}>;

/** Oldest first. Nothing changes one: every step makes another. */
export type SkippedKeys = ReadonlyMap<string, SkippedKey>;

export const NO_SKIPPED_KEYS: SkippedKeys = new Map();

function nameOf(ratchetKey: Uint8Array, number: number): string {
  return `${Buffer.from(ratchetKey).toString('latin1')}${number}`;
}

/** The key of a message, if it was overtaken. */
export function findSkipped(
  keys: SkippedKeys,
  ratchetKey: Uint8Array,
  number: number,
): SkippedKey | undefined {
  return keys.size === 0 ? undefined : keys.get(nameOf(ratchetKey, number));
}

/** Without a key that was used. */
export function withoutSkipped(keys: SkippedKeys, used: SkippedKey): SkippedKeys {
  const left = new Map(keys);
  left.delete(nameOf(used.ratchetKey, used.number));
  return left;
}

/** With more keys, at most `SKIPPED_KEYS_MAX` in all. */
export function withSkipped(keys: SkippedKeys, added: readonly SkippedKey[]): SkippedKeys {
  if (added.length === 0) return keys;
  const all = new Map(keys);
  for (const key of added) all.set(nameOf(key.ratchetKey, key.number), key);
  return withoutOldest(all, all.size - SKIPPED_KEYS_MAX);
}

/** Without the oldest `count` keys. */
export function withoutOldest(keys: SkippedKeys, count: number): SkippedKeys {
  return count <= 0 ? keys : new Map([...keys].slice(count));
}

/** Without the keys from before an instant. */
export function withoutBefore(keys: SkippedKeys, instantMs: number): SkippedKeys {
  const left = [...keys].filter(([, { at }]) => at >= instantMs);
  return left.length === keys.size ? keys : new Map(left);
}

/** Adds keys to what is being written, those of one chain together. */
export function writeSkippedKeys(writer: StateWriter, keys: SkippedKeys): void {
  writer.list(chainsOf(keys), (chain) => {
    const [first] = chain;
    if (first === undefined) return;
    writer.bytes(first.ratchetKey);
    writer.list(chain, ({ number, messageKey, at }) => {
      writer.uint32(number).bytes(messageKey).instant(at);
    });
  });
}

/** Adds what has become of former keys to what is being written: which of them are gone, and which came. */
export function writeSkippedChange(
  writer: StateWriter,
  former: SkippedKeys,
  keys: SkippedKeys,
): void {
  const isKept = hasSameOrder(former, keys) ? isKeptIn(keys) : () => false;
  const gone = [...former].flatMap((entry, index) => (isKept(entry) ? [] : [index]));
  writer.list(gone, (index) => writer.uint32(index));
  const keptCount = former.size - gone.length;
  writeSkippedKeys(writer, new Map([...keys].slice(keptCount)));
}

/**
 * Reads what has become of former keys.
 *
 * @throws {RangeError} It is not what `writeSkippedChange` wrote.
 */
export function readSkippedChange(reader: StateReader, former: SkippedKeys): SkippedKeys {
  const gone = new Set(reader.list(SKIPPED_KEYS_MAX, () => reader.uint32()));
  const kept = [...former].filter((_, index) => !gone.has(index));
  const added = readSkippedKeys(reader);
  const keys = new Map([...kept, ...added]);
  if (keys.size !== kept.length + added.size || keys.size > SKIPPED_KEYS_MAX) {
    throw new RangeError('skipped keys twice, or too many');
  }
  return keys;
}

function isKeptIn(keys: SkippedKeys): (entry: readonly [string, SkippedKey]) => boolean {
  return ([name, key]) => keys.get(name) === key;
}

/** Whether the keys that are kept come first, in the order that they had. */
function hasSameOrder(former: SkippedKeys, keys: SkippedKeys): boolean {
  const isKept = isKeptIn(keys);
  const left = keys.values();
  return [...former].filter(isKept).every(([, key]) => left.next().value === key);
}

/** A chain never gets another key once a later one has: so neighbours are all that a chain has. */
function chainsOf(keys: SkippedKeys): readonly (readonly SkippedKey[])[] {
  const chains: SkippedKey[][] = [];
  for (const key of keys.values()) {
    const last = chains.at(-1);
    const isSame = last?.[0] !== undefined && isEqualBytes(last[0].ratchetKey, key.ratchetKey);
    if (isSame) last.push(key);
    else chains.push([key]);
  }
  return chains;
}

/**
 * Reads keys.
 *
 * @throws {RangeError} They are not what `writeSkippedKeys` wrote.
 */
export function readSkippedKeys(reader: StateReader): SkippedKeys {
  const keys = reader.list(SKIPPED_KEYS_MAX, () => readChain(reader)).flat();
  const named = new Map(keys.map((key) => [nameOf(key.ratchetKey, key.number), key]));
  if (named.size !== keys.length || keys.length > SKIPPED_KEYS_MAX) {
    throw new RangeError('skipped keys twice, or too many');
  }
  return named;
}

function readChain(reader: StateReader): readonly SkippedKey[] {
  const ratchetKey = reader.bytes(RATCHET_KEY_BYTES);
  const chain = reader.list(SKIPPED_KEYS_MAX, () => ({
    ratchetKey,
    number: reader.uint32(),
    messageKey: reader.bytes(MESSAGE_KEY_BYTES),
    at: reader.instant(),
  }));
  if (chain.length === 0 || chain.some(({ number }) => number > DR1_NUMBER_MAX)) {
    throw new RangeError('a chain of skipped keys without any, or with one beyond the last');
  }
  return chain;
}
