/** Opens what guests come to, if the owner wants any. */
import { randomUUID } from 'node:crypto';
import type { Domain } from './build-domain.ts';
import type { Config } from './config.ts';
import { topicRatePart } from './config-parts.ts';
import { TopicKeeper } from './domain/topic-keeper.ts';
import { TopicHub } from './domain/topics.ts';
import type { Stores } from './stores/open-stores.ts';
import type { TopicMonitor } from './domain/topic-monitor.ts';
import { openHubListener, type HubListener } from './hub/hub-listener.ts';
import { systemClock } from './system.ts';

export type HubParts = Readonly<{
  domain: Domain;
  stores: Pick<Stores, 'topics' | 'hasRoomForOthers'>;
  /** Looks into the guests' topics, for the debugger. */
  monitor: TopicMonitor | undefined;
  onDefect: (error: unknown) => void;
}>;

/**
 * Binds the hub listener; nowhere unless it is configured.
 *
 * @throws {ListenError}
 */
export async function openHub(config: Config, parts: HubParts): Promise<HubListener | undefined> {
  const { cluster, hub, rooms: rates } = config;
  const { domain, monitor, onDefect } = parts;
  if (hub.listen === undefined) return undefined;
  const { rooms, guests, contacts, presence, events } = domain;
  return openHubListener({
    target: hub.listen,
    ...{ rooms, guests, contacts, presence, events, rates, monitor, clock: systemClock, onDefect },
    tokens: hub.tokens,
    topics: buildTopics(config, parts),
    framesPerSecond: hub.framesPerSecond,
    shards: cluster,
    maxConnections: hub.maxConnections,
    hostNames: hub.hosts,
  });
}

/** The world of topics that guests share. */
function buildTopics(config: Config, { stores, onDefect }: HubParts): TopicHub {
  const keeper = new TopicKeeper({
    patterns: config.hub.durableTopics,
    store: stores.topics,
    rate: topicRatePart(config),
    hasRoom: () => stores.hasRoomForOthers(),
    ...{ clock: systemClock, onDefect },
  });
  return new TopicHub({
    ...{ clock: systemClock, keeper, onDefect },
    ...{ createId: randomUUID, run: randomUUID() },
  });
}
