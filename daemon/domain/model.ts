/** The nouns of the messenger, as plain data. Instants are milliseconds since 1970. */
import type { Address } from '../wire/address.ts';

/**
 * A contact's own number. The journal names a conversation by it, so that a contact may move to another address.
 * Never reused.
 */
export type ContactNumber = number;

/** A peer in the address book. */
export type Contact = Readonly<{
  number: ContactNumber;
  address: Address;
  nick: string;
  /** `requested`: we asked and wait for its handshake. */
  state: 'requested' | 'established';
  /** Access key that it gave us and that we show to it. */
  key: string | undefined;
  /** Access key that we gave it and that it shows to us. */
  issuedKey: string;
  /** Our own handshake has not been answered yet. */
  isHandshakeDue: boolean;
  /** Another access key with which its daemon came, until the user decides. */
  newKey: Readonly<{ key: string; at: number }> | undefined;
  /** We may ask it to relay. */
  canResend: boolean;
  /** We relay for it, under quota. */
  relayFor: boolean;
  /** Relays may read what we send it. */
  relayPlain: boolean;
  isMuted: boolean;
  isBlocked: boolean;
  since: number;
  lastOnlineAt: number | undefined;
  lastConnectAt: number | undefined;
  /** When it last said that it does not want to relay for us. */
  relayRefusedAt: number | undefined;
  /** `s` of the last message that the owner has read, 0 before the first. */
  readUpTo: number;
}>;

/** A handshake from a stranger that waits for the owner. */
export type ContactRequest = Readonly<{
  address: Address;
  nick: string;
  /** Access key that it wants to see. */
  key: string;
  at: number;
  /** The owner does not want to see it unless it asks again. */
  isDismissed: boolean;
  /** Nothing from it is kept, and nothing tells it so. */
  isBlocked: boolean;
}>;

export type Direction = 'in' | 'out';
export type MessageState = 'queued' | 'relayed' | 'delivered' | 'read' | 'failed';
export type FailReason = 'cancelled' | 'expired';

/** What became of one attempt to hand something to a peer. */
export type DeliveryOutcome =
  | 'ok'
  | 'refused'
  | 'connection_refused'
  | 'unreachable'
  | 'timeout'
  | 'bad_answer'
  | 'busy'
  | 'forbidden_address';

/** A message that is about to be stored. */
export type NewMessage = Readonly<{
  conversation: ContactNumber;
  /** Unique in its conversation and direction. */
  id: string;
  direction: Direction;
  /** As on the wire; kept, so that every repeat is the same message. */
  from: Address;
  to: Address;
  text: string;
  /** The timestamp as it came or goes over the wire, and what it means. */
  wireTimestamp: string;
  timestamp: number;
  /** When this daemon had it. */
  receivedAt: number;
  enctype: string;
  /** The relay that brought it. */
  via: Address | undefined;
}>;

/** A message in the journal. */
export type StoredMessage = NewMessage &
  Readonly<{
    /** Its fixed place in the journal. */
    s: number;
    /** Journal number of its last change; `s` if there was none. */
    rev: number;
    state: MessageState;
    reason: FailReason | undefined;
    /** For an outgoing message: the relay that has it. */
    relayedBy: Address | undefined;
  }>;

/** A step on a message's way, or of several messages of one conversation at once. */
export type MessageStep = Readonly<{
  conversation: ContactNumber;
  /** `s` of each message concerned. */
  messages: readonly number[];
  at: number;
  step: 'attempt' | 'relayed' | 'delivered' | 'read' | 'failed' | 'retry';
  via: Address | undefined;
  outcome: DeliveryOutcome | FailReason | undefined;
}>;

/** The state that a message has after a step; `undefined` when the step changes none. */
export function stateAfter(step: MessageStep['step'], before: MessageState): MessageState {
  switch (step) {
    case 'attempt':
      return before;
    case 'retry':
      return 'queued';
    case 'relayed':
      return before === 'queued' ? 'relayed' : before;
    case 'delivered':
      return before === 'read' ? 'read' : 'delivered';
    case 'read':
    case 'failed':
      return step;
  }
}

/** An envelope that we carry for others. */
export type RelayedEnvelope = Readonly<{
  /** SHA-256 over sender, recipient, timestamp and message, base64url: the same envelope is kept once. */
  id: string;
  from: Address;
  to: Address;
  message: string;
  wireTimestamp: string;
  enctype: string;
  sizeBytes: number;
  at: number;
}>;

/** What the relay store keeps in memory of an envelope. */
export type RelayedEntry = Omit<RelayedEnvelope, 'message' | 'wireTimestamp' | 'enctype'>;
