/** What came out of encrypted messages when they were opened. */
import { decodeText } from '../crypto/bytes.ts';
import type { ReadRefusal } from '../crypto/sessions.ts';
import { WireError } from '../wire/check.ts';
import { decodeInnerMessage, type InnerMessage } from '../wire/dr1.ts';

/** What became of one message that came. */
export type Opening =
  /** `inner` is `undefined` for what is well encrypted and makes no sense: acknowledged, and otherwise ignored. */
  | Readonly<{ kind: 'read'; inner: InnerMessage | undefined }>
  /** These very characters came before; `id` of what was in them. */
  | Readonly<{ kind: 'repeated'; id: string | undefined }>
  | Readonly<{ kind: 'refused'; reason: ReadRefusal }>;

/** Whether a message is one that its sender waits to see acknowledged. */
export function isAcknowledged(inner: InnerMessage | undefined): inner is InnerMessage {
  if (inner === undefined) return false;
  return inner.type === 'msg' || inner.type === 'del' || inner.type === 'unknown';
}

/**
 * Whether it may be read once more after a crash: a message is known by its id by then, since it was durable before its
 * keys were due to go (D3), and what acknowledges says the same again.
 */
export function isHarmlessTwice(opening: Opening): boolean {
  if (opening.kind !== 'read' || opening.inner === undefined) return true;
  const { type } = opening.inner;
  return type === 'msg' || type === 'ack' || type === 'read' || type === 'hello';
}

/** What an encrypted text says; `undefined` when it makes no sense, which no repeat would cure. */
export function innerOf(plain: Uint8Array): InnerMessage | undefined {
  const text = decodeText(plain);
  if (text === undefined) return undefined;
  try {
    return decodeInnerMessage(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
