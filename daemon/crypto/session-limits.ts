/** What of the sessions with a peer is too much or too old. Source: docs/encryption.md#limits. */
import type { PeerSessions, Session, Way } from './sessions.ts';
import { withoutBefore, withoutOldest } from './skipped-keys.ts';

/** Keys of overtaken messages, of all sessions with one peer. */
export const SKIPPED_KEYS_OF_PEER_MAX = 4000;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long a former session is read, and the key of an overtaken message kept. */
export const KEPT_MS = 30 * DAY_MS;
/** How long an answered session may stay without a message, by the way that its handshake came. */
export const UNCONFIRMED_KEPT_MS: Readonly<Record<Way, number>> = {
  direct: 10 * MINUTE_MS,
  relayed: 14 * DAY_MS,
};
/** How long an attempt past a friend may take. */
export const RELAYED_ATTEMPT_KEPT_MS = 14 * DAY_MS;
/** Age at which a session is replaced. */
export const RENEWED_AFTER_MS = 30 * DAY_MS;
/** The same when only one of the two has written. */
export const RENEWED_ONE_SIDED_AFTER_MS = 7 * DAY_MS;
/** Messages, of both directions, after which a session is replaced. */
export const RENEWED_AFTER_MESSAGES = 2 ** 20;

/** Drops the keys of overtaken messages that are too many in all, those of the oldest session first. */
export function limitSkipped(sessions: PeerSessions): PeerSessions {
  const { current, older } = sessions;
  const ofCurrent = current?.state.skipped.size ?? 0;
  const inAll = older.reduce((sum, { state }) => sum + state.skipped.size, ofCurrent);
  let excess = inAll - SKIPPED_KEYS_OF_PEER_MAX;
  if (excess <= 0) return sessions;
  const limited = [...older].reverse().map((session) => {
    const before = session.state.skipped.size;
    const left = withoutOldest(session.state.skipped, Math.max(0, excess));
    excess -= before - left.size;
    return { ...session, state: { ...session.state, skipped: left } };
  });
  return { ...sessions, older: limited.reverse() };
}

/** Without all that is too old. */
export function withoutExpired(sessions: PeerSessions, nowMs: number): PeerSessions {
  const { current, older, unconfirmed, attempts } = sessions;
  const withoutOldKeys = (session: Session): Session => {
    const skipped = withoutBefore(session.state.skipped, nowMs - KEPT_MS);
    return { ...session, state: { ...session.state, skipped } };
  };
  return {
    ...sessions,
    current: current && withoutOldKeys(current),
    older: older.filter(({ placedAt }) => nowMs - placedAt < KEPT_MS).map(withoutOldKeys),
    unconfirmed: unconfirmed.filter(
      ({ placedAt, way }) => nowMs - placedAt < UNCONFIRMED_KEPT_MS[way],
    ),
    attempts: attempts.filter(({ startedAt }) => nowMs - startedAt < RELAYED_ATTEMPT_KEPT_MS),
  };
}

/** Whether the next message had better start another session, if the peer can be reached. */
export function isRenewalDue({ current }: PeerSessions, nowMs: number): boolean {
  if (current === undefined) return true;
  return (
    nowMs - current.createdAt >= RENEWED_AFTER_MS ||
    nowMs - current.healedAt >= RENEWED_ONE_SIDED_AFTER_MS ||
    current.messages >= RENEWED_AFTER_MESSAGES
  );
}
