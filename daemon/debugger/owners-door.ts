import type { Middleware } from 'koa';
import type { HostState } from '../http/host-guard.ts';
import type { SocketDoor } from '../http/owner-sockets.ts';

/** Who lets the owner in, as at the gui listener; the debugger asks it instead of having tokens of its own (G5, G6). */
export interface OwnersDoor extends SocketDoor {
  /** Answers `POST /api/login` and `POST /api/ws-ticket`, and refuses whatever else is below `/api`. */
  readonly rules: readonly Middleware<HostState>[];
  /** A link to a listener with this URL that lets one browser in. */
  linkTo(url: string): string;
}
