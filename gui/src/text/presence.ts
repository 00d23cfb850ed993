/** Presence and connection in words. */
import { classifyAddress } from '../../../daemon/wire/address.ts';
import type { ApiContact, IsoTime } from '../../../daemon/wire/gui-api.ts';
import type { Words } from '../texts/words.ts';
import type { Connection } from '../live.ts';

/** What is known about a contact's whereabouts, with the age of the knowledge. */
export function presenceText(contact: ApiContact, { t, time }: Words, now: number): string {
  if (contact.blocked) return t('presence.blocked');
  if (contact.state === 'requested') return t('presence.waiting');
  const { shows_presence: sharing } = contact.other_info;
  if (sharing === 'nothing') return t('presence.hidden');
  const state = stateText(contact, t);
  if (sharing === 'no_last_seen') return state;
  const seenAt = latest(contact.last_online, contact.last_connect);
  if (seenAt === undefined) return t('presence.never');
  return t('presence.seen', { state, when: time.ago(seenAt, now) });
}

/** Whether a contact is not there; of one that shows nothing nobody knows. */
export function isAway({ presence, other_info }: ApiContact): boolean {
  return presence === 'offline' && other_info.shows_presence !== 'nothing';
}

function stateText({ presence, address }: ApiContact, t: Words['t']): string {
  const state = t(`presence.${presence}`);
  return presence === 'offline' ? state : t(`presence.over.${classifyAddress(address)}`, { state });
}

/** The connection to our own daemon. */
export function connectionText(
  connection: Connection,
  reachable: number | undefined,
  { t, time }: Words,
  now: number,
): string {
  switch (connection.state) {
    case 'connecting':
    case 'closed':
      return t('connection.connecting');
    case 'connected':
      return reachable === undefined || reachable === 0
        ? t('connection.connected')
        : t('connection.reachable', { count: reachable });
    case 'refused':
      return t('connection.loggedOut');
    case 'reconnecting':
    case 'stopped': {
      const when = time.until(connection.nextAt, now);
      return connection.state === 'stopped'
        ? t('connection.stopped', { when })
        : t('connection.reconnecting', { attempt: connection.attempt, when });
    }
  }
}

function latest(...times: readonly (IsoTime | null)[]): number | undefined {
  const known = times.flatMap((time) => (time === null ? [] : [Date.parse(time)]));
  return known.length === 0 ? undefined : Math.max(...known);
}
