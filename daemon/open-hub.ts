/** Opens what guests come to, if the owner wants any. */
import type { Domain } from './build-domain.ts';
import type { Config } from './config.ts';
import type { TopicMonitor } from './domain/topic-monitor.ts';
import { openHubListener, type HubListener } from './hub/hub-listener.ts';
import { systemClock } from './system.ts';

export type HubParts = Readonly<{
  domain: Domain;
  /** Looks into the guests' topics, for the debugger. */
  monitor: TopicMonitor | undefined;
  onDefect: (error: unknown) => void;
}>;

/**
 * Binds the hub listener; nowhere unless it is configured.
 *
 * @throws {ListenError}
 */
export async function openHub(
  { cluster, hub, rooms: rates }: Config,
  { domain, monitor, onDefect }: HubParts,
): Promise<HubListener | undefined> {
  if (hub.listen === undefined) return undefined;
  const { rooms, guests, contacts, presence, events } = domain;
  return openHubListener({
    target: hub.listen,
    ...{ rooms, guests, contacts, presence, events, rates, monitor, clock: systemClock, onDefect },
    tokens: hub.tokens,
    framesPerSecond: hub.framesPerSecond,
    shards: cluster,
    maxConnections: hub.maxConnections,
    hostNames: hub.hosts,
  });
}
