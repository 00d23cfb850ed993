/** The page's way to the debugger: a token for a ticket, a ticket for a socket, and again when it breaks (G5, G6). */
import {
  DEBUGGER_SOCKET_PATH,
  type DebuggerCommand,
  type DebuggerFrame,
} from '../../../daemon/wire/debugger.ts';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../../daemon/wire/topic-terms.ts';
import { readDebuggerFrame } from './read-frame.ts';

const TOKEN_KEY = 'vestnik.token';
const RETRY_MS = 2000;

export type ConnectionState = 'connecting' | 'connected' | 'away' | 'locked out';

export type ConnectionOptions = Readonly<{
  onFrame: (frame: DebuggerFrame) => void;
  onState: (state: ConnectionState) => void;
}>;

export function createConnection({ onFrame, onState }: ConnectionOptions) {
  let socket: WebSocket | undefined;

  async function open(): Promise<void> {
    onState('connecting');
    const ticket = await socketTicket().catch(() => 'away' as const);
    if (ticket === 'locked out' || ticket === 'away') {
      onState(ticket);
      if (ticket === 'away') retry();
      return;
    }
    connect(ticket.ticket);
  }

  function connect(ticket: string): void {
    const url = new URL(DEBUGGER_SOCKET_PATH, location.href.replace(/^http/, 'ws'));
    const opened = new WebSocket(url, [TOPIC_SUBPROTOCOL, TICKET_SUBPROTOCOL_PREFIX + ticket]);
    socket = opened;
    opened.addEventListener('open', () => onState('connected'));
    opened.addEventListener('message', ({ data }) => {
      const frame = typeof data === 'string' ? readDebuggerFrame(data) : undefined;
      if (frame !== undefined) onFrame(frame);
    });
    opened.addEventListener('close', () => {
      onState('away');
      retry();
    });
  }

  function retry(): void {
    setTimeout(() => void open(), RETRY_MS);
  }

  return {
    open,
    send: (command: DebuggerCommand): void => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
  };
}

async function socketTicket(): Promise<{ ticket: string } | 'locked out'> {
  const ticket = takeTicket();
  if (ticket !== undefined) await logIn(ticket);
  const token = sessionStorage.getItem(TOKEN_KEY);
  if (token === null) return 'locked out';
  const answer = await post('/api/ws-ticket', undefined, token);
  if (answer.status === 401) sessionStorage.removeItem(TOKEN_KEY);
  if (answer.status === 401) return 'locked out';
  return { ticket: memberOf(await answer.json(), 'ticket') };
}

async function logIn(ticket: string): Promise<void> {
  const answer = await post('/api/login', { ticket });
  if (answer.ok) sessionStorage.setItem(TOKEN_KEY, memberOf(await answer.json(), 'token'));
}

/** The one-time ticket in the address bar, which is taken out of it at once. */
function takeTicket(): string | undefined {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('t');
  if (ticket === null || ticket === '') return undefined;
  history.replaceState(null, '', location.pathname);
  return ticket;
}

function post(path: string, body: unknown, token?: string): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** @throws {TypeError} The daemon speaks another language. */
function memberOf(value: unknown, name: string): string {
  const fields = value as Readonly<Record<string, unknown>> | null;
  const member = fields?.[name];
  if (typeof member !== 'string') throw new TypeError(`no ${name}`);
  return member;
}
