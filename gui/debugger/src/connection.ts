/** The page's way to the debugger: a token for a ticket, a ticket for a socket, and again when it breaks (G5, G6). */
import {
  DEBUGGER_SOCKET_PATH,
  type DebuggerCommand,
  type DebuggerFrame,
} from '../../../daemon/wire/debugger.ts';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../../daemon/wire/topic-terms.ts';
import { SYSTEM_CLOCK } from '../../client/clock.ts';
import { ClientError } from '../../client/errors.ts';
import { parseFields } from '../../client/fields.ts';
import { Line, type ConnectionState } from '../../client/line.ts';
import { openWebSocket, toSocketUrl } from '../../client/sockets.ts';
import { readDebuggerFrame } from './read-frame.ts';

const TOKEN_KEY = 'vestnik.token';
const UNAUTHORIZED = 401;

export type ConnectionOptions = Readonly<{
  onFrame: (frame: DebuggerFrame) => void;
  onState: (state: ConnectionState) => void;
}>;

/** Connects, and comes back whenever the line breaks, as long as the owner is logged in here. */
export function openConnection({ onFrame, onState }: ConnectionOptions) {
  const url = toSocketUrl(location.origin, DEBUGGER_SOCKET_PATH);
  let loginTicket = takeTicket();

  async function request() {
    if (loginTicket !== undefined) await logIn(loginTicket);
    // It is good for one answer, whatever that was.
    loginTicket = undefined;
    const offered = TICKET_SUBPROTOCOL_PREFIX + (await socketTicket());
    return { url, token: undefined, protocols: [TOPIC_SUBPROTOCOL, offered] };
  }

  const line = new Line({
    ...{ request, openSocket: openWebSocket, clock: SYSTEM_CLOCK },
    onOpen: () => undefined,
    onText: (text) => {
      const frame = readDebuggerFrame(text);
      if (frame !== undefined) onFrame(frame);
    },
    onLost: () => undefined,
  });
  line.onState(onState);
  line.start();

  return { send: (command: DebuggerCommand): void => line.send(JSON.stringify(command)) };
}

/** @throws {ClientError} `unauthorized`: nobody is logged in here. */
async function socketTicket(): Promise<string> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const answer = token === null ? undefined : await post('/api/ws-ticket', undefined, token);
  if (answer === undefined || answer.status === UNAUTHORIZED) {
    sessionStorage.removeItem(TOKEN_KEY);
    throw new ClientError('unauthorized', 'nobody is logged in here');
  }
  return memberOf(await answer.text(), 'ticket');
}

async function logIn(ticket: string): Promise<void> {
  const answer = await post('/api/login', { ticket });
  if (answer.ok) sessionStorage.setItem(TOKEN_KEY, memberOf(await answer.text(), 'token'));
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

/** @throws {ClientError} `internal`: the daemon speaks another language, or has no time. */
function memberOf(text: string, name: string): string {
  const member = parseFields(text)?.[name];
  if (typeof member !== 'string') throw new ClientError('internal', `there was no ${name}`);
  return member;
}
