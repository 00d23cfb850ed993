/** The debugger: a page with everything that goes on among topics, for the owner, on loopback alone. */
import Koa from 'koa';
import type { Clock } from '../domain/ports.ts';
import type { TopicMonitor } from '../domain/topic-monitor.ts';
import { hostGuard, type HostState } from '../http/host-guard.ts';
import type { ListenTarget } from '../http/listen.ts';
import { originGuard } from '../http/origin-guard.ts';
import { OwnerSockets } from '../http/owner-sockets.ts';
import { reportErrors, unlessGone } from '../http/report-errors.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { openListener, type Listener } from '../http/server.ts';
import { listStaticFiles, staticFiles, type StaticFiles } from '../http/static-files.ts';
import { DEBUGGER_SOCKET_PATH } from '../wire/debugger.ts';
import { DebuggerConnection } from './debugger-connection.ts';
import type { OwnersDoor } from './owners-door.ts';

const MAX_CONNECTIONS = 32;
/** Pages that are open at once. Source: docs/topics.md#debugger. */
const MAX_PAGES = 4;

export type DebuggerListenerOptions = Readonly<{
  /** On loopback; the settings see to that. */
  target: ListenTarget;
  monitor: TopicMonitor;
  door: OwnersDoor;
  /** Folder of the built page. */
  filesFolder: string;
  clock: Clock;
  onDefect: (error: unknown) => void;
}>;

/** The listener while it is up. */
export type DebuggerListener = Pick<Listener, 'url' | 'port' | 'close'> &
  Readonly<{
    /** Its URL with a ticket that lets one browser in. */
    link: string;
  }>;

/**
 * Binds the debugger's listener.
 *
 * @throws {ListenError}
 */
export async function openDebuggerListener(
  options: DebuggerListenerOptions,
): Promise<DebuggerListener> {
  const { target, door, filesFolder, monitor, clock, onDefect } = options;
  const sockets = new OwnerSockets({
    ...{ path: DEBUGGER_SOCKET_PATH, door, hostNames: [], clock, onDefect },
    ...{ maxSockets: MAX_PAGES, sessionMaxSockets: MAX_PAGES },
    welcome: (line, onClose) => {
      new DebuggerConnection({ line, monitor, clock }).start(onClose);
    },
  });
  const answer = createApp(door, await listStaticFiles(filesFolder), onDefect).callback();
  const listener = await openListener({
    target,
    maxConnections: MAX_CONNECTIONS,
    handleRequest: (request, response) => void answer(request, response),
    handleUpgrade: (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head);
    },
    onDefect,
  });
  sockets.start();
  return {
    url: listener.url,
    port: listener.port,
    link: door.linkTo(listener.url),
    close: async () => {
      await Promise.all([sockets.stop(), listener.close()]);
    },
  };
}

/** The rules in their order (G8, G2, G3), then the owner's door (G7, G5) and the page. */
function createApp(
  door: OwnersDoor,
  files: StaticFiles,
  onDefect: (error: unknown) => void,
): Koa<HostState> {
  const app = new Koa<HostState>();
  app.on('error', unlessGone(onDefect));
  app.use(securityHeaders());
  app.use(reportErrors(onDefect));
  app.use(hostGuard());
  app.use(originGuard());
  for (const rule of door.rules) app.use(rule);
  app.use(staticFiles(files));
  return app;
}
