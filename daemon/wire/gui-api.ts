/**
 * REST between the GUI (or the command line) and its own daemon: what comes out, and error codes. What goes in is in
 * `gui-requests.ts`.
 *
 * Source: docs/gui-api.md.
 */
import type { Address } from './address.ts';
import type { ApiRoomMessage } from './rooms-api.ts';

/** Messages in one page of history. */
export const PAGE_MAX_MESSAGES = 200;
export const PAGE_DEFAULT_MESSAGES = 50;
/** UTF-16 units in what is searched for. */
export const SEARCH_MAX_LENGTH = 256;
/** Every code that the REST interface answers with. `docs/errors.md` explains each. */
export type ApiErrorCode =
  | 'bad_request'
  | 'bad_address'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'moved'
  | 'contact_exists'
  | 'id_conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'misdirected'
  | 'too_many_requests'
  | 'not_cancellable'
  | 'not_askable'
  | 'identity_changed'
  | 'rekey_under_way'
  | 'password_needed'
  | 'room_exists'
  | 'room_closed'
  | 'room_private'
  | 'room_full'
  | 'banned'
  | 'name_taken'
  | 'creation_refused'
  | 'not_member'
  | 'still_joined'
  | 'too_many_waits'
  | 'storage_full'
  | 'storage_failed'
  | 'internal';

export type ErrorBody = Readonly<{
  error: Readonly<{ code: ApiErrorCode; message: string }>;
}>;

/** ISO 8601 UTC with milliseconds. */
export type IsoTime = string;

export type Presence = 'online' | 'busy' | 'offline';
/** What the owner says of itself; `invisible`: no contact is told that it is there. */
export type OwnStatus = (typeof OWN_STATUSES)[number];
export const OWN_STATUSES = ['online', 'busy', 'invisible'] as const;
/**
 * What somebody lets another see: everything; whether it is there, and not since when it is away; nothing. Source:
 * docs/gui-api.md#presence.
 */
export type PresenceSharing = (typeof PRESENCE_SHARINGS)[number];
export const PRESENCE_SHARINGS = ['full', 'no_last_seen', 'nothing'] as const;
export type ContactState = 'requested' | 'request' | 'established';
export type MessageState = 'queued' | 'relayed' | 'delivered' | 'read' | 'failed';
export type Direction = 'in' | 'out';

/** How long messages are kept, counted from when this daemon had them. Source: docs/gui-api.md#deleting. */
export type RetentionPeriod = 'forever' | '1y' | '90d' | '30d' | '7d' | '1d';
/** All of them, the longest first. */
export const RETENTION_PERIODS = ['forever', '1y', '90d', '30d', '7d', '1d'] as const;

/** A contact, or a contact request (`state: 'request'`). */
export type ApiContact = Readonly<{
  address: Address;
  nick: string;
  state: ContactState;
  last_online: IsoTime | null;
  last_connect: IsoTime | null;
  can_resend: 0 | 1;
  presence: Presence;
  /** The owner compared its fingerprint: `trust` is `verified`. */
  verified: boolean;
  trust: ContactTrust;
  /** Ed25519 public key, base64url, 43 characters; `null` for a contact without end-to-end encryption. */
  id: string | null;
  /** Of its identity, base64url, 43 characters. For a contact request: as it claims. */
  fingerprint: string | null;
  /** Enctype of what we send it now: `''` for plain. */
  encryption: string;
  unread: number;
  blocked: boolean;
  muted: boolean;
  relay_for: boolean;
  relay_plain: boolean;
  /** How long its conversation is kept here; `default`: as the settings say. */
  retention: RetentionPeriod | 'default';
  /** What we let it see of our being here. */
  shares_presence: PresenceSharing;
  other_info: Readonly<{
    /** Since when it is in the address book; for a request, when it asked. */
    since: IsoTime;
    /** The contact's own handshake still waits for an answer from us, or ours from it. */
    handshake: 'answered' | 'waiting';
    /** What it lets us see of its being there; what it does not is null in `last_online`, `last_connect`, `last_attempt`. */
    shows_presence: PresenceSharing;
    /** What the last attempt to reach it came to, and when the next one is due. */
    last_attempt: Readonly<{ at: IsoTime; outcome: DeliveryOutcome }> | null;
    next_attempt: IsoTime | null;
    /**
     * Somebody came in its place with another key or identity, which waits for the user's decision: `accept` or
     * `dismiss`. `fingerprint` is null for one that does not encrypt.
     */
    candidate: Readonly<{ at: IsoTime; fingerprint: string | null }> | null;
    /** When it took another identity, signed by the one before; to be compared again unless `verified`. */
    rekeyed: IsoTime | null;
    /** Unprotected messages in its name that were refused. */
    refused_plain: number;
    /** How many of its own messages it has deleted here, and when it did so last. */
    taken_back: Readonly<{ messages: number; at: IsoTime }> | null;
    /** What the address itself proves: on an overlay it is bound to this one node. */
    address_proves: 'node' | 'nothing';
    /** The fingerprint that the contact link named, until the contact has shown it. */
    expected_fingerprint: string | null;
  }>;
}>;

/** What became of one attempt to hand something over. `docs/errors.md` has a sentence for each. */
export type DeliveryOutcome =
  | 'ok'
  /** Answered, and said no. */
  | 'refused'
  /** Nobody listens there. */
  | 'connection_refused'
  /** No route, or the host is down. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** An answer that makes no sense. */
  | 'bad_answer'
  /** Answered that it has too much to do just now. */
  | 'busy'
  /** We may not connect there (docs/security.md, G21). */
  | 'forbidden_address'
  /** Somebody answered who could not prove to be the contact. */
  | 'not_proven'
  /** It could not read what we wrote; a new session is being made. */
  | 'no_session';

/**
 * `undecided`: nobody knows yet whether it encrypts; `plain`: it does not; the others do: `tofu` – the identity was there
 * first, `invited` – a contact link named it, `verified` – the owner compared it.
 */
export type ContactTrust = 'undecided' | 'plain' | 'tofu' | 'invited' | 'verified';

/** `GET /api/contacts/:address/safety-number`; with `?of=candidate` of who came in the contact's place. */
export type ApiSafetyNumber = Readonly<{
  /** 12 groups of 5 digits, the same on both sides. */
  groups: readonly string[];
  /** Ours and the contact's, base64url. */
  own: string;
  peer: string;
}>;

/** `POST /api/links`: a contact link to give away, once. */
export type ApiLink = Readonly<{ link: string; expires: IsoTime }>;

/** `GET /api/links`: the contact link for everybody, without a token. */
export type ApiPublicLink = Readonly<{ link: string }>;

/** One step of the delivery timeline. */
export type TimelineEntry = Readonly<{
  at: IsoTime;
  step: 'queued' | 'attempt' | 'relayed' | 'accepted' | 'delivered' | 'read' | 'failed' | 'retry';
  /** The relay that took part, `null` for the direct way. */
  via: Address | null;
  outcome: DeliveryOutcome | 'cancelled' | 'expired' | null;
}>;

export type ApiMessage = Readonly<{
  id: string;
  /** Fixed place in this daemon's journal. */
  s: number;
  /** Journal number of the last change. */
  rev: number;
  from: Address;
  to: Address;
  message: string;
  /** When the sender wrote it, as the sender says. */
  timestamp: IsoTime;
  /** When this daemon had it. */
  received: IsoTime;
  direction: Direction;
  state: MessageState;
  /** Only with `state: 'failed'`. */
  reason?: 'cancelled' | 'expired';
  enctype: string;
  /** It is encrypted under an identity that the owner has compared. */
  verified: boolean;
  /** How many messages of the contact just before this one have not come. */
  missing_before: number;
  /** The relay that brought it or has it. */
  via: Address | null;
}>;

/** A message that a search found: of a conversation, or said in a room. */
export type ApiFound = ApiFoundMessage | ApiFoundInRoom;

export type ApiFoundMessage = ApiMessage &
  Readonly<{
    /** The contact in whose conversation it is. */
    address: Address;
    /** Where the message has what was looked for: start and length in UTF-16 units, in order, apart from each other. */
    marks: readonly (readonly [start: number, length: number])[];
  }>;

/** What was said in a room; `room` tells it from a message of a conversation. */
export type ApiFoundInRoom = ApiRoomMessage &
  Readonly<{
    /** Larger for what this daemon stored later, among all that it stored. */
    s: number;
    /** As of `ApiFoundMessage`. */
    marks: ApiFoundMessage['marks'];
  }>;

export type ApiMessageDetails = ApiMessage & Readonly<{ timeline: readonly TimelineEntry[] }>;

export type ApiConversation = Readonly<{
  address: Address;
  last: ApiMessage | null;
  unread: number;
  /** `s` of the last message that was read, 0 before the first. */
  read_up_to: number;
  /** How many messages of the contact have not come, though later ones have. */
  missing: number;
  /** What became of requests to the contact's daemon to delete messages of ours. */
  asked: ApiAskedDeletions;
}>;

/**
 * Requests to delete: not answered yet; answered that it was done; arrived, and nothing was said of deleting, as a daemon
 * does whose owner does not want it or that is of an older version.
 */
export type ApiAskedDeletions = Readonly<{ waiting: number; deleted: number; kept: number }>;

/** `POST /api/conversations/:address/delete`: what was deleted here, and of how many the contact was asked as well. */
export type ApiDeleted = Readonly<{ deleted: readonly string[]; asked: number }>;

export type ApiRelayEntry = Readonly<{
  from: Address;
  to: Address;
  messages: number;
  bytes: number;
  oldest: IsoTime;
}>;

export type ApiListener = Readonly<{ name: 'peer' | 'gui' | 'hub' | 'debugger'; url: string }>;

export type ApiMe = Readonly<{
  nick: string;
  status: OwnStatus;
  address: Address;
  /** Every address that friends can use, the best first. */
  addresses: readonly Address[];
  /** Ed25519 public key and fingerprint of this daemon, base64url. */
  id: string;
  fingerprint: string;
  version: string;
  listeners: readonly ApiListener[];
  settings: ApiSettings;
  /** While contacts are told of our last new identity: since when, and how many are still to be. */
  rekey: Readonly<{ since: IsoTime; waiting: number }> | null;
  connection: ApiConnection;
}>;

/**
 * What protects the way between the browser and its daemon: it does not leave the machine, TLS, an overlay, or nothing
 * at all (docs/security.md, G12).
 */
export type ApiConnection = 'loopback' | 'tls' | 'overlay' | 'open';

/** Settings that the GUI may change; kept by the daemon so that all browsers agree. */
export type ApiSettings = Readonly<{
  theme: 'system' | 'light' | 'dark';
  language: 'system' | 'en' | 'ru';
  /** Contacts are told up to where the owner has read. */
  read_receipts: boolean;
  /** Contacts may delete here what they wrote themselves. */
  honour_deletion: boolean;
  /** How long messages are kept where the contact does not say. */
  retention: RetentionPeriod;
}>;

/** Values of the topic `_vestnik/status`. */
export type ApiStatus = Readonly<{
  version: string;
  nick: string;
  /** What the owner says of itself. */
  status: OwnStatus;
  address: Address;
  settings: ApiSettings;
  listeners: readonly ApiListener[];
  addresses: readonly Address[];
  /** Messages not yet delivered. */
  outbox: number;
  /** Contacts with a sign of life lately. */
  reachable: number;
  disk: Readonly<{
    state: 'ok' | 'full' | 'read_only';
    free_bytes: number | null;
    /**
     * How much of the newest a power cut may take although it was confirmed, in milliseconds; `null`: whatever the
     * system has not written yet.
     */
    loss_window_ms: number | null;
  }>;
  /** Damage found and things the owner should know, newest last. */
  notices: readonly ApiNotice[];
}>;

export type ApiNotice = Readonly<{ at: IsoTime; code: string; message: string }>;

export type ApiSession = Readonly<{
  id: string;
  /** What the browser called itself. */
  agent: string;
  created: IsoTime;
  used: IsoTime;
  current: boolean;
}>;
