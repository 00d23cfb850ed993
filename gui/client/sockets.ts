/** WebSockets as the library needs them, and those that browsers have. */

/** What to connect to, and with what to prove who one is. */
export type SocketRequest = Readonly<{
  /** `ws:` or `wss:`. */
  url: string;
  protocols: readonly string[];
  /** For an `Authorization` header, where one can be sent. */
  token: string | undefined;
}>;

/** What happens on a socket. `onClose` comes once, and nothing after it. */
export type SocketEvents = Readonly<{
  onOpen: () => void;
  onText: (text: string) => void;
  /**
   * @param code   Close code of RFC 6455.
   * @param status HTTP status of a refused upgrade, where that can be known.
   */
  onClose: (code: number, status?: number) => void;
}>;

export type ClientSocket = Readonly<{ send: (text: string) => void; close: () => void }>;

/** Opens a socket; what happens on it is told later, never before this returned. */
export type OpenSocket = (request: SocketRequest, events: SocketEvents) => ClientSocket;

/** What we use of a browser's WebSocket. */
export type WebSocketLike = Pick<WebSocket, 'send' | 'close' | 'addEventListener'>;

/** Tells what happens on a browser's WebSocket. */
export function listenTo(socket: WebSocketLike, events: SocketEvents): ClientSocket {
  socket.addEventListener('open', () => events.onOpen());
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') events.onText(data);
  });
  socket.addEventListener('close', ({ code }: CloseEvent) => events.onClose(code));
  return { send: (text) => socket.send(text), close: () => socket.close() };
}

/** With the WebSocket of the browser, which sends no headers of ours. */
export const openWebSocket: OpenSocket = ({ url, protocols }, events) =>
  listenTo(new WebSocket(url, [...protocols]), events);

/** The URL of a listener as a WebSocket takes it. */
export function toSocketUrl(url: string, path: string): string {
  const target = new URL(url.replace(/^http/i, 'ws'));
  if (target.pathname === '/') target.pathname = path;
  return target.href;
}
