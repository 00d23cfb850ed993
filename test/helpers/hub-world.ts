import type { ExecutionContext } from 'ava';
import type { Reachability } from '../../daemon/domain/presence.ts';
import type { TokenGrants } from '../../daemon/hub/guest-tokens.ts';
import type { ClusterBus } from '../../daemon/domain/cluster-bus.ts';
import type { TopicHub } from '../../daemon/domain/topics.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { RoomSessions } from '../../daemon/domain/room-sessions.ts';
import type { RoomRules } from '../../daemon/domain/room-rules.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import type { RoomStore } from '../../daemon/domain/room-ports.ts';
import { parseListenTarget } from '../../daemon/http/listen.ts';
import type { GuestRates } from '../../daemon/hub/guest-limits.ts';
import { openHubListener } from '../../daemon/hub/hub-listener.ts';
import { systemRandom } from '../../daemon/system.ts';
import type { ShardMap } from '../../daemon/wire/shard.ts';
import { contactAt } from './peer-world.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';
import { WechatHand } from './wechat-hand.ts';

export const OWNER = 'Alice@198.51.100.1';

/** A hub listener on a port of its own, on top of the real domain and a store in memory. */
export type HubWorld = Readonly<{
  url: string;
  port: number;
  hand: WechatHand;
  rooms: Rooms;
  guests: RoomSessions;
  events: DomainEvents;
  clock: FakeClock;
  defects: readonly unknown[];
  close: () => Promise<void>;
}>;

export type HubWorldOptions = Readonly<{
  rules?: Partial<RoomRules & { sessionTimeoutMs: number }>;
  rates?: GuestRates;
  store?: RoomStore;
  listen?: string;
  hostNames?: readonly string[];
  clock?: FakeClock;
  tokens?: TokenGrants;
  framesPerSecond?: number;
  /** Topics of guests. */
  topics?: TopicHub;
  /** What else there is in its cluster. */
  shards?: ShardMap;
  bus?: ClusterBus;
  /** Presence of the owner's contacts, by address; tell of changes by `contact` events. */
  contacts?: ReadonlyMap<string, Reachability['presence']>;
}>;

/** Starts it; it ends with the test. */
export async function startHub(
  t: ExecutionContext,
  options: HubWorldOptions = {},
): Promise<HubWorld> {
  const { store = new MemoryRoomStore(), clock = new FakeClock() } = options;
  const rules = { ...ROOM_RULES, ...options.rules };
  const events = new DomainEvents();
  const defects: unknown[] = [];
  const random = systemRandom;
  const rooms = new Rooms({ store, rules, events, clock, random, ownerUser: () => OWNER });
  const { sessionTimeoutMs } = rules;
  const guests = new RoomSessions({ rooms, events, clock, random, sessionTimeoutMs });
  const listener = await openHubListener({
    ...{ rooms, guests, clock, events },
    tokens: options.tokens ?? new Map(),
    framesPerSecond: options.framesPerSecond ?? 100_000,
    ...(options.topics === undefined ? {} : { topics: options.topics }),
    ...(options.shards === undefined ? {} : { shards: options.shards }),
    ...(options.bus === undefined ? {} : { bus: options.bus }),
    contacts: {
      get: (address) => (options.contacts?.has(address) ? contactAt(address, {}) : undefined),
    },
    presence: {
      of: ({ address }) => ({
        sharing: 'full',
        presence: options.contacts?.get(address) ?? 'offline',
        lastAttempt: undefined,
        nextAttemptAt: undefined,
      }),
    },
    target: parseListenTarget(options.listen ?? '127.0.0.1:0'),
    rates: options.rates ?? { joinsPerSecond: 1000, messagesPerSecond: 100_000 },
    maxConnections: 1000,
    hostNames: options.hostNames ?? [],
    onDefect: (error) => void defects.push(error),
  });
  t.teardown(() => listener.close());
  const { url, port } = listener;
  const close = (): Promise<void> => listener.close();
  return { url, port, hand: new WechatHand(url), rooms, guests, events, clock, defects, close };
}
