/** What requests and upgrades of the gui listener have in common. */
import type { IncomingMessage } from 'node:http';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../wire/topic-terms.ts';
import type { Caller, Login } from './login.ts';

/** The path of the WebSocket, on which nothing else is served. */
export const CHATROOM_PATH = '/chatroom';

const BEARER = 'Bearer ';

/** Whose token a request shows, if any. */
export function authenticate(request: IncomingMessage, login: Login): Caller | undefined {
  const { authorization } = request.headers;
  return authorization?.startsWith(BEARER) === true
    ? login.authenticate(authorization.slice(BEARER.length))
    : undefined;
}

/** Whose token or one-time ticket an upgrade shows, or the status of a refusal (G6). */
export function callerOfUpgrade(request: IncomingMessage, login: Login): Caller | number {
  return authenticate(request, login) ?? redeem(request, login);
}

/** Whose ticket a browser offers. A page always says where it is from; without that it is no browser of ours. */
function redeem({ headers }: IncomingMessage, login: Login): Caller | number {
  if (headers.origin === undefined) return 401;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim());
  const ticket = offered.find((text) => text.startsWith(TICKET_SUBPROTOCOL_PREFIX));
  if (ticket === undefined || !offered.includes(TOPIC_SUBPROTOCOL)) return 401;
  return login.redeemSocketTicket(ticket.slice(TICKET_SUBPROTOCOL_PREFIX.length)) ?? 401;
}
