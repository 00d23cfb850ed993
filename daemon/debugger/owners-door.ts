import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import type { HostState } from '../http/host-guard.ts';

/** Whom a WebSocket belongs to: a browser's session, or a program that could read the token file. */
export type Admission = Readonly<{ session: string | undefined }>;

/** Who lets the owner in, as at the gui listener; the debugger asks it instead of having tokens of its own (G5, G6). */
export interface OwnersDoor {
  /** Answers `POST /api/login` and `POST /api/ws-ticket`, and refuses whatever else is below `/api`. */
  readonly rules: readonly Middleware<HostState>[];
  /** Whose token or ticket an upgrade shows, or the status of a refusal. A ticket is gone afterwards. */
  admit(request: IncomingMessage): Admission | number;
  /** Calls back with every session that ends. */
  onSessionEnd(listener: (session: string) => void): void;
  /** A link to a listener with this URL that lets one browser in. */
  linkTo(url: string): string;
}
