import type { Sealed } from './channels.ts';
import type {
  Contact,
  ContactNumber,
  DeliveryOutcome,
  MessageState,
  StoredMessage,
} from './model.ts';
import type { Undelivered } from './ports.ts';

/** What the members around a message take on the wire; and within a bundle, before it is sealed. */
const ENVELOPE_BYTES = 400;
const BUNDLED_BYTES = 130;

/** A ciphertext, and how many messages are in it; they share this very object. */
export type SealedMessage = Sealed & Readonly<{ messages: number }>;

/** A message that has not reached its recipient's daemon yet. */
export type Waiting = {
  readonly conversation: ContactNumber;
  readonly s: number;
  readonly sizeBytes: number;
  readonly at: number;
  state: MessageState;
  /** In memory for a fresh message; else read from the journal. */
  cached: StoredMessage | undefined;
  /** Answers 0 so far, and the monotonic time before which it is not offered again. */
  refusals: number;
  notBeforeMs: number;
  /** What came of the last attempt that the journal knows, so that a long absence does not fill it. */
  lastOutcome: DeliveryOutcome | undefined;
  /** Its ciphertext, once it was offered: every repeat is the same. */
  sealed: SealedMessage | undefined;
  /** Answers 1 of the recipient's daemon that an acknowledgement has not followed yet; and when the last one was. */
  acceptances: number;
  acceptedMs: number;
  /** `undefined` until the journal was asked. */
  relays: AskedRelays | undefined;
};

/** Relays that have a message, that are being asked or about to be, and that were asked at all. */
export type AskedRelays = Readonly<Record<'carriers' | 'underWay' | 'asked', Set<ContactNumber>>>;

/** Nobody has it, and nobody was asked. */
export function noRelays(): AskedRelays {
  return { carriers: new Set(), underWay: new Set(), asked: new Set() };
}

/** Member by member: members added to a spread would cost 6 µs a message. */
export function toWaiting(
  { conversation, s, state, sizeBytes, at }: Undelivered,
  cached?: StoredMessage,
): Waiting {
  return {
    conversation,
    s,
    sizeBytes,
    at,
    state,
    cached,
    refusals: 0,
    notBeforeMs: 0,
    lastOutcome: undefined,
    sealed: undefined,
    acceptances: 0,
    acceptedMs: -Infinity,
    relays: undefined,
  };
}

/** A message that is in the outbox no more, as far as a note needs it. */
export function toGone({ number }: Contact, s: number, state: MessageState): Waiting {
  return toWaiting({ conversation: number, s, state, sizeBytes: 0, at: 0 });
}

/** What a message takes in a batch: base64 and padding make it larger. */
export function wireBytes({ encryption }: Contact, sizeBytes: number, isBundling: boolean): number {
  if (encryption !== 'dr1') return sizeBytes + ENVELOPE_BYTES;
  return 2 * (sizeBytes + (isBundling ? BUNDLED_BYTES : ENVELOPE_BYTES));
}
