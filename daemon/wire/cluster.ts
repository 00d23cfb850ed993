/**
 * What the servers of one cluster tell each other: who is connected where, and who is invited to what.
 *
 * Source: docs/turntable.md#between-servers.
 */
import * as v from 'valibot';
import { decode } from './check.ts';
import { GameName, GuestId, type PresenceStatus, type TurntableId } from './turntable.ts';

/** Users in one piece of news; a state that has more comes in parts. */
export const NEWS_MAX_USERS = 1000;
const EPOCH_MAX_LENGTH = 64;
const DIGEST_MAX_LENGTH = 64;
/** Servers in a cluster. */
export const CLUSTER_MAX_SERVERS = 1024;

/** How somebody is, as the server says at which he is connected. */
export type UserNews = Readonly<{
  id: TurntableId;
  /** `offline`: not at that server any more. */
  status: PresenceStatus;
  /** When the status was said, in milliseconds since 1970 by that server's clock; of several the latest counts. */
  at: number;
  /** Digest of the token that he came with; `null` where none is asked for. */
  token: string | null;
}>;

/** What one server tells. */
export type ClusterNews =
  /** Some users have changed. `seq` counts these, from 1. */
  | Readonly<{ type: 'users'; seq: number; users: readonly UserNews[] }>
  /** A part of everybody who is there as of `seq`; the parts follow each other. */
  | Readonly<{
      type: 'state';
      seq: number;
      part: number;
      isLast: boolean;
      users: readonly UserNews[];
    }>
  /** Still there, and `seq` was the last change. */
  | Readonly<{ type: 'alive'; seq: number }>
  /** Tell me your state. */
  | Readonly<{ type: 'tell' }>
  /** Gone, and everybody there with it. */
  | Readonly<{ type: 'bye' }>
  /** Somebody at your place is invited to a game at ours. */
  | Readonly<{ type: 'invite'; to: TurntableId; channel: string; from: TurntableId }>;

/** News with what is on the envelope. */
export type ClusterMail = Readonly<{
  /** Number of the server that tells. */
  from: number;
  /** Another one each time that server starts: what was known of it before is void. */
  epoch: string;
  /** Number of the server that is meant; `null`: all others. */
  to: number | null;
  news: ClusterNews;
}>;

const Server = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.maxValue(CLUSTER_MAX_SERVERS - 1),
);
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Users = v.pipe(
  v.array(
    v.object({
      id: GuestId,
      status: v.picklist(['online', 'busy', 'offline']),
      at: Count,
      token: v.nullable(v.pipe(v.string(), v.maxLength(DIGEST_MAX_LENGTH))),
    }),
  ),
  v.maxLength(NEWS_MAX_USERS),
);

const Mail = v.object({
  from: Server,
  epoch: v.pipe(v.string(), v.minLength(1), v.maxLength(EPOCH_MAX_LENGTH)),
  to: v.nullable(Server),
  news: v.variant('type', [
    v.object({ type: v.literal('users'), seq: Count, users: Users }),
    v.object({
      type: v.literal('state'),
      seq: Count,
      part: Count,
      isLast: v.boolean(),
      users: Users,
    }),
    v.object({ type: v.literal('alive'), seq: Count }),
    v.object({ type: v.literal('tell') }),
    v.object({ type: v.literal('bye') }),
    v.object({ type: v.literal('invite'), to: GuestId, channel: GameName, from: GuestId }),
  ]),
});

/** Encodes what one server tells others. */
export function encodeClusterMail(mail: ClusterMail): string {
  return JSON.stringify(mail);
}

/**
 * Decodes what another server tells.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeClusterMail(text: string): ClusterMail {
  return decode(Mail, text);
}
