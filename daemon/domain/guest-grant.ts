/** What the owner lets a guest do. */
import { fitsPattern } from './name-pattern.ts';
import type { TopicAccess } from './topic-access.ts';

/**
 * - `contacts`: sees who of the owner's contacts is there.
 * - `validate`: may judge what others change (docs/topics.md#validation).
 */
export const GUEST_RIGHTS = ['contacts', 'validate'] as const;
export type GuestRight = (typeof GUEST_RIGHTS)[number];

/** How a guest may use topics. Who may write may read. */
export const TOPIC_RIGHTS = ['read', 'write'] as const;
export type TopicRight = (typeof TOPIC_RIGHTS)[number];

/** What comes with a token. */
export type GuestGrant = Readonly<{
  rights: readonly GuestRight[];
  /** By pattern of names; `undefined`: all topics, for writing. */
  topics: readonly (readonly [pattern: string, right: TopicRight])[] | undefined;
  /** Patterns of services that may be offered; `undefined`: all. */
  services: readonly string[] | undefined;
}>;

/** For guests of a hub without tokens. */
export const OPEN_GRANT: GuestGrant = { rights: [], topics: undefined, services: undefined };

/**
 * What a guest may do with topics and services.
 *
 * @param account For whom its share is counted.
 */
export function toTopicAccess(
  { rights, topics, services }: GuestGrant,
  account: string,
): TopicAccess {
  return {
    account,
    mayValidate: rights.includes('validate'),
    mayRead: (topic) => topics?.some(([pattern]) => fitsPattern(topic, pattern)) ?? true,
    mayWrite: (topic) =>
      topics?.some(([pattern, right]) => right === 'write' && fitsPattern(topic, pattern)) ?? true,
    mayOffer: (service) => services?.some((pattern) => fitsPattern(service, pattern)) ?? true,
  };
}
