/**
 * Rooms kept equal between daemons: what is said in `POST /chatserver/check/`, either way.
 *
 * Source: docs/room-sync.md.
 */

/** Bytes of a request, and of an answer. Source: docs/security.md, G13. */
export const SYNC_BODY_MAX_BYTES = 1024 * 1024;
/** Longest that a check may wait, in seconds. */
export const SYNC_WAIT_MAX_SECONDS = 25;
/** Lines of one request or answer. */
export const SYNC_MAX_LINES = 20_000;

/** What somebody is in a room, on the wire as in the domain. */
export type SyncRole = 'member' | 'admin' | 'banned';

/** What an asker wants to be so. Each is answered by `ok` or `no`, and repeated until then. */
export type SyncClaim =
  | Readonly<{
      kind: 'mb';
      uid: string;
      user: string;
      room: string;
      role: SyncRole;
      /** Opens a private room; `''` without one. */
      invite: string;
    }>
  | Readonly<{ kind: 'mx'; uid: string }>
  | Readonly<{
      kind: 'ms';
      uid: string;
      from: string;
      /** `*`: the whole room. */
      to: string;
      room: string;
      /** When it was written, milliseconds since 1970. */
      at: number;
      text: string;
    }>;

/** What an asker says: who it is, what it knows, what it wants. Hashes that it does not name are not compared. */
export type RoomCheck = Readonly<{
  me: Readonly<{ address: string; accessKey: string }> | undefined;
  servers: string | undefined;
  sessions: string | undefined;
  ownSessions: Readonly<{ server: string; hash: string }> | undefined;
  rooms: string | undefined;
  claims: readonly SyncClaim[];
  /** It has all events that it may see up to this cursor of the host's. */
  cursor: number | undefined;
  /** By room, the last event that it has, where it must be told again. */
  repairs: ReadonlyMap<string, Repair>;
}>;

/** From where on events of a room are to be told. */
export type Repair = Readonly<{
  /** 0: all of them. */
  seqnr: number;
  /** Uid of that event, `''` for 0, so that the host says whether it is its; `undefined`: it need not. */
  uid: string | undefined;
  /**
   * When the host took that event, milliseconds since 1970. A message that is told again after a host was set back has its
   * uid again, and may get its number again: only the time tells the two apart.
   */
  at: number | undefined;
}>;

/** An event of a room as it travels: the host's number, and the body as text. */
export type SyncEvent = Readonly<{
  room: string;
  seqnr: number;
  uid: string;
  type: 'MSG' | 'DIR';
  /** `''` for a directory. */
  from: string;
  at: number;
  /** What was said, or a JSON array of users. */
  body: string;
}>;

export type SyncVerdict =
  | Readonly<{ uid: string; isDone: true }>
  | Readonly<{ uid: string; isDone: false; reason: string; code: string }>;

/** What a host says: only where something differs, so mostly nothing. */
export type CheckAnswer = Readonly<{
  /** Hashes of all rooms that the asker may see; `undefined`: they are equal. */
  rooms: ReadonlyMap<string, string> | undefined;
  /** Hashes of the sessions of all servers that have any; `undefined`: they are equal. */
  sessions: ReadonlyMap<string, string> | undefined;
  /** Hash of the servers; `undefined`: it is equal. */
  servers: string | undefined;
  verdicts: readonly SyncVerdict[];
  events: readonly SyncEvent[];
  /** The cursor after these events; `undefined` where there are none. */
  cursor: number | undefined;
}>;

/** An answer that says that all is equal. */
export const ALL_EQUAL: CheckAnswer = {
  rooms: undefined,
  sessions: undefined,
  servers: undefined,
  verdicts: [],
  events: [],
  cursor: undefined,
};
