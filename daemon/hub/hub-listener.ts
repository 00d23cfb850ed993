/** The hub listener: rooms, presence, games and topics for guests whom the owner serves. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ClusterBus } from '../domain/cluster-bus.ts';
import { Cluster } from '../domain/cluster.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { DomainEvents } from '../domain/events.ts';
import { GameInvitations } from '../domain/game-invitations.ts';
import { Games } from '../domain/games.ts';
import { GuestPresence } from '../domain/guest-presence.ts';
import type { Clock } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { RoomSessions } from '../domain/room-sessions.ts';
import type { Rooms } from '../domain/rooms.ts';
import type { TopicMonitor } from '../domain/topic-monitor.ts';
import { TopicHub } from '../domain/topics.ts';
import { isLoopbackTarget, type ListenTarget } from '../http/listen.ts';
import { openListener, type Listener } from '../http/server.ts';
import type { ShardMap } from '../wire/shard.ts';
import type { SocketLine } from '../http/socket-line.ts';
import type { Judgement } from '../http/socket-server.ts';
import { GuestChatroom } from './guest-chatroom.ts';
import { EventTexts } from './event-texts.ts';
import { callerOf, GuestLimits, type GuestRates } from './guest-limits.ts';
import { GuestTokens, type TokenGrants } from './guest-tokens.ts';
import { createHubApp } from './hub-app.ts';
import { HubSockets } from './hub-sockets.ts';
import { TurntableConnection, type TurntableDomain } from './turntable-connection.ts';
import { wechatRoutes } from './wechat-routes.ts';

const ALONE: ShardMap = { servers: [], self: 0 };
const TURNTABLE_PATH = '/turntable';
const CHATROOM_PATH = '/chatroom';

export type HubListenerOptions = Readonly<{
  target: ListenTarget;
  rooms: Rooms;
  guests: RoomSessions;
  /** Whose presence tokens with the right `contacts` show. */
  contacts: Pick<Contacts, 'get'>;
  presence: Pick<PresenceBook, 'of'>;
  events: DomainEvents;
  tokens: TokenGrants;
  /** Topics of guests; unless given, a world that ends with the listener. */
  topics?: TopicHub;
  /** Looks into the guests' topics, for the debugger. */
  monitor?: TopicMonitor | undefined;
  /** Frames of `/chatroom`, from one address or with one token. */
  framesPerSecond: number;
  /** The servers among which guests and games are shared out; none: this one has them all. */
  shards?: ShardMap;
  /** What ties them together; without it each knows its own guests alone. */
  bus?: ClusterBus;
  rates: GuestRates;
  /** Connections, all together and from one address. */
  maxConnections: number;
  /** Further Host values, lower-cased, with or without a port; of use on loopback alone. */
  hostNames: readonly string[];
  clock: Clock;
  onDefect: (error: unknown) => void;
}>;

/** The listener while it is up. */
export type HubListener = Pick<Listener, 'url' | 'port' | 'close'>;

/**
 * Binds the hub listener.
 *
 * @throws {ListenError}
 */
export async function openHubListener(options: HubListenerOptions): Promise<HubListener> {
  const { target, rooms, guests, rates, maxConnections, clock, onDefect, shards = ALONE } = options;
  const limits = new GuestLimits(rates, clock);
  // Elsewhere everybody can reach it under any name, so that a foreign page gains nothing by one (G2).
  const hostNames = isLoopbackTarget(target) ? options.hostNames : undefined;
  const turntable = buildTurntable(options);
  const tokens = new GuestTokens(options.tokens, clock);
  const welcomeAtTurntable = (line: SocketLine, caller: string): void => {
    new TurntableConnection({
      ...{ line, caller, tokens, domain: turntable, shards, clock, onDefect },
    }).start();
  };
  const { topics = new TopicHub({ clock, createId: randomUUID, run: randomUUID(), onDefect }) } =
    options;
  const chatroom = new GuestChatroom({
    ...{ hub: topics, tokens, clock, framesPerSecond: options.framesPerSecond },
    watch: options.monitor?.watch('guests', topics),
  });
  const sockets = new HubSockets({
    ...{ hostNames, pageHosts: options.hostNames, clock, onDefect },
    paths: new Map<string, (request: IncomingMessage) => Judgement>([
      [TURNTABLE_PATH, (request) => (line) => welcomeAtTurntable(line, callerOf(request))],
      [CHATROOM_PATH, (request) => chatroom.judge(request)],
    ]),
  });
  const app = createHubApp({
    wechat: wechatRoutes({ rooms, guests, limits, texts: new EventTexts(), shards }),
    shards,
    hostNames,
    onDefect,
  });
  const answer = app.callback();
  const listener = await openListener({
    target,
    maxConnections,
    callerMaxConnections: maxConnections,
    handleRequest: (request, response) => void answer(request, response),
    handleUpgrade: (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head);
    },
    onDefect,
  });
  startTurntable(turntable);
  return {
    url: listener.url,
    port: listener.port,
    close: async () => {
      guests.stop();
      turntable.cluster?.stop();
      await Promise.all([sockets.stop(), listener.close()]);
      turntable.presence.stop();
      turntable.games.stop();
      await topics.stop();
    },
  };
}

type Turntable = TurntableDomain & Readonly<{ cluster: Cluster | undefined }>;

function buildTurntable(options: HubListenerOptions): Turntable {
  const { bus, clock, contacts, events, shards = ALONE } = options;
  const cluster = bus && new Cluster({ bus, clock, self: shards.self, epoch: randomUUID() });
  const presence = new GuestPresence({
    ...{ contacts, presence: options.presence, events, clock, cluster },
  });
  const invitations = new GameInvitations({ presence, clock, cluster });
  return { presence, invitations, games: new Games({ invitations, clock }), cluster };
}

function startTurntable({ presence, invitations, cluster }: Turntable): void {
  presence.start();
  cluster?.start({
    everybodyHere: () => presence.everybodyHere(),
    onChange: (id) => {
      presence.heardOf(id);
      invitations.heardOf(id);
    },
    onInvite: (id, invitation) => invitations.take(id, invitation),
  });
}
