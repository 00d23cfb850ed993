import type { ApiListener } from './wire/gui-api.ts';

/** A daemon that is up: every listener is bound and answers. */
export interface RunningDaemon {
  /** With the real ports. */
  readonly listeners: readonly ApiListener[];
  /** URL of the GUI with a one-time ticket in its fragment. */
  readonly loginUrl: string;
  /** The same for the debugger, if there is one. */
  readonly debuggerUrl: string | undefined;
  /** Ends every listener and writes what is to be written; resolves within 5 s. May be called again. */
  stop(): Promise<void>;
}
