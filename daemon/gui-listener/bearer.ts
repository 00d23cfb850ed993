/** What requests and upgrades of the gui listener have in common. */
import type { IncomingMessage } from 'node:http';
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
