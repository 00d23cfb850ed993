/** What a topic's first update says to a client that comes back. Source: docs/topics.md#coming-back. */
import { UNANSWERED_MAX_CHANGES } from '../../daemon/wire/topic-terms.ts';
import { textsOf } from './fields.ts';
import type { TopicChange } from './topic-frames.ts';

/** How far a client is: how many changes it has seen of which life of the topic. */
export type Place = Readonly<{ life: string | undefined; version: number }>;

export const NOWHERE: Place = { life: undefined, version: 0 };

/** What the first update says of the place. A daemon that does not know of lives tells at most the version. */
export function placeOf({ life, version }: TopicChange): Place {
  return {
    life: typeof life === 'string' ? life : undefined,
    version: typeof version === 'number' ? version : 0,
  };
}

/** Whether a topic has all that was told of it, though the daemon may be another run: one that it keeps on its disk. */
export function hasAllOf(seen: Place, now: Place): boolean {
  return seen.life !== undefined && now.life === seen.life && now.version >= seen.version;
}

/**
 * What became of a change that was on its way when the line broke.
 *
 * @returns `unknown` if the daemon can't know it any more.
 */
export function fateOf(
  id: string | undefined,
  seen: Place,
  first: TopicChange,
): 'applied' | 'not applied' | 'unknown' {
  if (id === undefined) return 'unknown';
  if (textsOf(first['applied']).includes(id)) return 'applied';
  const place = placeOf(first);
  const isSameLife = place.life !== undefined && place.life === seen.life;
  const isRecent = place.version - seen.version <= UNANSWERED_MAX_CHANGES;
  return isSameLife && isRecent ? 'not applied' : 'unknown';
}
