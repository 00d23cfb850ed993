/** What came out of encrypted messages when they were opened. */
import { decodeText } from '../crypto/bytes.ts';
import type { ReadRefusal } from '../crypto/sessions.ts';
import { WireError } from '../wire/check.ts';
import { decodeInnerMessages, type InnerMessage } from '../wire/dr1-inner.ts';

/** What became of one message that came. */
export type Opening =
  /** Nothing was in what is well encrypted and makes no sense: taken, and otherwise ignored. */
  | Readonly<{ kind: 'read'; inners: readonly InnerMessage[] }>
  /** These very characters came before; `ids` of what was in them and is to be acknowledged. */
  | Readonly<{ kind: 'repeated'; ids: readonly string[] }>
  | Readonly<{ kind: 'refused'; reason: ReadRefusal }>;

/** Whether a message is one that its sender waits to see acknowledged. */
export function isAcknowledged({ type }: InnerMessage): boolean {
  return type === 'msg' || type === 'del' || type === 'unknown';
}

/** Ids of what is to be acknowledged. */
export function acknowledgedIds(inners: readonly InnerMessage[]): readonly string[] {
  return inners.filter(isAcknowledged).map(({ id }) => id);
}

const HARMLESS: ReadonlySet<InnerMessage['type']> = new Set(['msg', 'ack', 'read', 'hello']);

/**
 * Whether it may be read once more after a crash: a message is known by its id by then, since it was durable before its
 * keys were due to go (D3), and what acknowledges says the same again.
 */
export function isHarmlessTwice(opening: Opening): boolean {
  if (opening.kind !== 'read') return true;
  return opening.inners.every(({ type }) => HARMLESS.has(type));
}

/** What an encrypted text says; nothing when it makes no sense, which no repeat would cure. */
export function innersOf(plain: Uint8Array): readonly InnerMessage[] {
  const text = decodeText(plain);
  if (text === undefined) return [];
  try {
    return decodeInnerMessages(text);
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
}
