/** The nouns of the messenger, as plain data. Instants are milliseconds since 1970. */
import type { Address } from '../wire/address.ts';
import type { ShownPresence } from '../wire/dr1-inner.ts';
import type { PresenceSharing, RetentionPeriod } from '../wire/gui-api.ts';

/**
 * A contact's own number. The journal names a conversation by it, so that a contact may move to another address.
 * Never reused.
 */
export type ContactNumber = number;

/** The lasting public keys of a peer, base64url: who it is, whatever its address. */
export type PeerIdentity = Readonly<{ id: string; dh: string }>;

/** What a peer's handshake says about its identity, base64url; nothing of it was checked by public-key work yet. */
export type ClaimedIdentity = PeerIdentity & Readonly<{ bind: string }>;

/**
 * How sure we are of an identity: `tofu` – it was there first; `invited` – a contact link named it; `verified` – the
 * owner compared it.
 */
export type Trust = 'tofu' | 'invited' | 'verified';

/** Whom we expect under an address before we know its identity. */
export type ExpectedPeer = Readonly<{
  /** base64url. */
  fingerprint: string;
  /** Where we have it from: a contact link, or the contact's own request. */
  source: 'link' | 'request';
  /** One-use token of the link, to be shown inside the encrypted channel. */
  invitation: string | undefined;
}>;

/** Another access key or identity with which somebody came in a contact's place (E4); the owner decides. */
export type Candidate = Readonly<{
  key: string;
  /** `undefined`: it came without encryption. */
  identity: ClaimedIdentity | undefined;
  at: number;
}>;

/** A peer in the address book. */
export type Contact = Readonly<{
  number: ContactNumber;
  address: Address;
  nick: string;
  /** `requested`: we asked and wait for its handshake. */
  state: 'requested' | 'established';
  /** Access key that it gave us and that we show to it. */
  key: string | undefined;
  /** Digests of access keys that it gave us before, latest first: a handshake of the past brings none of them back. */
  retiredKeys: readonly string[];
  /** Access key that we gave it and that it shows to us. */
  issuedKey: string;
  /** Our own handshake has not been answered yet. */
  isHandshakeDue: boolean;
  /** While there is one, nothing leaves for a contact with an identity. */
  candidate: Candidate | undefined;
  /** How we write to it: `undecided` until its own handshake has come. There is no silent way back from `dr1` (E5). */
  encryption: 'undecided' | 'plain' | 'dr1';
  /** The owner gave encryption up: it does not come back without his word either. */
  isPlainByChoice: boolean;
  /** With `dr1` alone. */
  identity: PeerIdentity | undefined;
  trust: Trust;
  /** Until it has an identity. */
  expected: ExpectedPeer | undefined;
  /** It certainly keeps our identity, so that a handshake of its own without proof is forged. */
  isKnownToPeer: boolean;
  /** Fingerprint of ours that it keeps, base64url; `undefined` until it has an identity. */
  knownAs: string | undefined;
  /** It may have got the notice of our other identity, though we do not know (docs/encryption.md#another-identity). */
  isRekeyOffered: boolean;
  /** The identity that it had before, and when another took its place, signed by both. */
  rekeyed: Readonly<{ from: string; at: number }> | undefined;
  /** Unprotected messages and handshakes in its name that were refused (E5). */
  refusedPlain: number;
  /** What to take from an outgoing message's `sequence` to get its number on the wire, which starts from 1. */
  sequenceBase: number;
  /** Since when its numbers on the wire are counted; `undefined` for one of an older version. */
  countedSince: number | undefined;
  /** What to add to an incoming message's number on the wire: whoever begins anew counts from 1 again. */
  peerSequenceBase: number;
  /** Since when it counts by its own word and clock: another time than before means that it has begun anew. */
  peerCountedSince: number | undefined;
  /**
   * Incoming numbers from this one on are missed when they do not come; `undefined` until a contact that knew us longer
   * than we know it has told where it is.
   */
  peerSequenceStart: number | undefined;
  /** We may ask it to relay. */
  canResend: boolean;
  /** We relay for it, under quota. */
  relayFor: boolean;
  /** Relays may read what we send it. */
  relayPlain: boolean;
  isMuted: boolean;
  isBlocked: boolean;
  /** How long its conversation is kept here; `undefined`: as the owner's settings say. */
  retention: RetentionPeriod | undefined;
  /** What it may see of our being here. */
  sharesPresence: PresenceSharing;
  /** What it was told of that last; `undefined`: nothing yet. */
  toldPresence: ShownPresence | undefined;
  /** What it said last of its own being there, and when by its clock. */
  shownPresence: (ShownPresence & Readonly<{ at: number }>) | undefined;
  /** How many messages of its own it has deleted here, and when it did so last. */
  takenBack: Readonly<{ count: number; at: number }> | undefined;
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
  /** `undefined`: it does not encrypt. */
  identity: ClaimedIdentity | undefined;
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
  | 'forbidden_address'
  /** Somebody answered who could not prove to be the contact (E13). */
  | 'not_proven'
  /** It could not read what we wrote; a new session comes first (E10). */
  | 'no_session';

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
  /** `''` for plain, `dr1`. An outgoing one may still leave under another: see `MessageStep.enctype`. */
  enctype: string;
  /**
   * Its number in all that its writer wrote in this conversation. Outgoing ones count from 1 without a gap, whatever
   * their enctype; incoming ones have the number on the wire, plain ones none.
   */
  sequence: number | undefined;
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
  /** `accepted`: the recipient's daemon said yes under proof, but not yet under encryption that it has it. */
  step: 'attempt' | 'relayed' | 'accepted' | 'delivered' | 'read' | 'failed' | 'retry';
  via: Address | undefined;
  /** How the messages left us, where this step tells. */
  enctype: string | undefined;
  outcome: DeliveryOutcome | FailReason | undefined;
  /** Of `relayed`: how the relay names what it was given, so that it can be asked to drop it. */
  envelope?: string | undefined;
}>;

/**
 * The state that a message has after a step. Once delivered it stays so: a retry or an end of waiting that was noted while
 * the acknowledgement was on its way changes nothing.
 */
export function stateAfter(step: MessageStep['step'], before: MessageState): MessageState {
  const isDelivered = before === 'delivered' || before === 'read';
  switch (step) {
    case 'attempt':
    case 'accepted':
      return before;
    case 'retry':
      return isDelivered ? before : 'queued';
    case 'relayed':
      return before === 'queued' ? 'relayed' : before;
    case 'delivered':
      return isDelivered ? before : 'delivered';
    case 'read':
      return 'read';
    case 'failed':
      return isDelivered ? before : 'failed';
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
