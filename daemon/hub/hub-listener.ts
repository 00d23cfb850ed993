/** The hub listener: rooms for guests whom the owner serves. */
import type { Clock } from '../domain/ports.ts';
import type { RoomSessions } from '../domain/room-sessions.ts';
import type { Rooms } from '../domain/rooms.ts';
import { isLoopbackTarget, type ListenTarget } from '../http/listen.ts';
import { openListener, type Listener } from '../http/server.ts';
import { EventTexts } from './event-texts.ts';
import { GuestLimits, type GuestRates } from './guest-limits.ts';
import { createHubApp } from './hub-app.ts';
import { wechatRoutes } from './wechat-routes.ts';

export type HubListenerOptions = Readonly<{
  target: ListenTarget;
  rooms: Rooms;
  guests: RoomSessions;
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
  const { target, rooms, guests, rates, maxConnections, clock, onDefect } = options;
  const limits = new GuestLimits(rates, clock);
  const app = createHubApp({
    wechat: wechatRoutes({ rooms, guests, limits, texts: new EventTexts() }),
    // Elsewhere everybody can reach it under any name, so that a foreign page gains nothing by one (G2).
    hostNames: isLoopbackTarget(target) ? options.hostNames : undefined,
    onDefect,
  });
  const answer = app.callback();
  const listener = await openListener({
    target,
    maxConnections,
    callerMaxConnections: maxConnections,
    handleRequest: (request, response) => void answer(request, response),
    onDefect,
  });
  return {
    url: listener.url,
    port: listener.port,
    close: async () => {
      guests.stop();
      await listener.close();
    },
  };
}
