/** What is said about messages. */
import type { Address } from '../../../daemon/wire/address.ts';
import { WireError } from '../../../daemon/wire/check.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { Words } from '../texts/words.ts';

/** A message took so long that the time of its arrival is worth telling. */
const LATE_MS = 60_000;
/** Longer texts are folded. */
const FOLD_LENGTH = 1_200;
const FOLD_LINES = 16;

export type NameOf = (address: Address) => string;

/** The state of an outgoing message in words. */
export function stateText(message: ApiMessage, { t }: Words, nameOf: NameOf): string {
  const to = nameOf(message.to);
  const name = message.via === null ? '' : nameOf(message.via);
  if (message.state === 'relayed' && message.via === null) return t('timeline.relayedUnknown');
  if (message.state === 'delivered' && message.enctype !== '') {
    return t('message.state.confirmed', { to });
  }
  return t(`message.state.${message.state}`, { to, name });
}

/** When it was written, and when it came if that was notably later. */
export function messageTimes(
  message: ApiMessage,
): Readonly<{ sentAt: number; lateAt: number | undefined }> {
  const sentAt = Date.parse(message.timestamp);
  const receivedAt = Date.parse(message.received);
  const isLate = message.direction === 'in' && Math.abs(receivedAt - sentAt) > LATE_MS;
  return { sentAt, lateAt: isLate ? receivedAt : undefined };
}

/**
 * Whether a text can be one message.
 *
 * @param check Throws `WireError` if it can't.
 */
export function fits(text: string, check: (text: string) => void): boolean {
  try {
    // Nothing written yet is nothing wrong.
    if (text !== '') check(text);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** The moment at which a message stands in the conversation: where journals keep it. */
export function placeAt(message: ApiMessage): number {
  return Date.parse(message.direction === 'in' ? message.received : message.timestamp);
}

/** The beginning of a long text; `undefined` when the text is short enough to be shown whole. */
export function foldText(text: string): string | undefined {
  const lines = text.split('\n', FOLD_LINES + 1);
  if (lines.length <= FOLD_LINES && text.length <= FOLD_LENGTH) return undefined;
  const start = lines.slice(0, FOLD_LINES).join('\n').slice(0, FOLD_LENGTH);
  // Never between the halves of a surrogate pair.
  return `${start.replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}
