/** What connections are made of, wherever the program runs. */
import { createId, SYSTEM_CLOCK, type Clock } from './clock.ts';
import { toSocketUrl, type OpenSocket } from './sockets.ts';
import { TopicConnection } from './topic-connection.ts';
import { TurntableConnection } from './turntable-connection.ts';

/** What may be put in the place of what the machine has. */
export type Environment = Readonly<{
  openSocket?: OpenSocket;
  clock?: Clock;
  createId?: () => string;
}>;

export type ConnectOptions = Environment &
  Readonly<{
    /** Where the daemon is: `http://127.0.0.1:4885`, or the WebSocket itself. */
    url: string;
    /** The owner's, from the file `api-token`, or one that the owner gave to a guest. */
    token?: string;
    /**
     * For pages: gives a fresh ticket before each attempt; unless given, the token is exchanged for one.
     *
     * @throws {ClientError} `unauthorized`: no further attempt is made.
     */
    requestTicket?: (() => Promise<string>) | undefined;
  }>;

export type TurntableOptions = Environment &
  Readonly<{
    /** Where the hub is: `http://hub.example:8000`, or the WebSocket itself. */
    url: string;
    /** Who you are: `1:` and a name. */
    id: string;
    token?: string;
  }>;

/** A connection that is under way. `openSocket` is used unless the options bring another one. */
export function startTopics(options: ConnectOptions, openSocket: OpenSocket): TopicConnection {
  const connection = new TopicConnection({
    url: toSocketUrl(options.url, '/chatroom'),
    token: options.token,
    requestTicket: options.requestTicket,
    openSocket: options.openSocket ?? openSocket,
    clock: options.clock ?? SYSTEM_CLOCK,
    createId: options.createId ?? createId,
  });
  connection.start();
  return connection;
}

/** As `startTopics`, for presence and games. */
export function startTurntable(
  options: TurntableOptions,
  openSocket: OpenSocket,
): TurntableConnection {
  const connection = new TurntableConnection({
    url: toSocketUrl(options.url, '/turntable'),
    id: options.id,
    token: options.token,
    openSocket: options.openSocket ?? openSocket,
    clock: options.clock ?? SYSTEM_CLOCK,
  });
  connection.start();
  return connection;
}
