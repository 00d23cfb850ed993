/** The gui listener: REST, live topics and the GUI's own files, for the owner alone. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/ports.ts';
import type { DraftStore } from '../domain/topic-drafts.ts';
import type { TopicMonitor } from '../domain/topic-monitor.ts';
import { TopicHub } from '../domain/topics.ts';
import { readCertificate, type Certificate, type CertificateFiles } from '../http/certificate.ts';
import { isLoopbackTarget, ListenError, type ListenTarget } from '../http/listen.ts';
import { openListener, type Listener } from '../http/server.ts';
import { listStaticFiles } from '../http/static-files.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { chatroomSockets } from './chatroom-sockets.ts';
import { createGuiApp } from './gui-app.ts';
import type { GuiDomain } from './gui-domain.ts';
import { judgeGames, LiveGames } from './live-games.ts';
import { LiveRooms } from './live-rooms.ts';
import { LiveTopics } from './live-topics.ts';
import type { Login } from './login.ts';
import { loginLink } from './login-routes.ts';
import { socketDoor } from './open-door.ts';

/** Connections in all. Source: docs/security.md, G13. */
const MAX_CONNECTIONS = 64;

export type GuiListenerOptions = Readonly<{
  target: ListenTarget;
  domain: GuiDomain;
  login: Login;
  clock: Clock;
  /** Without it, drafts end with the daemon. */
  drafts?: DraftStore;
  /** Folder of the built GUI. */
  filesFolder: string;
  /** Further Host values, lower-cased, with or without a port. */
  hostNames?: readonly string[];
  /** Looks into the topics, for the debugger. */
  monitor?: TopicMonitor | undefined;
  /** With it the listener speaks HTTPS. */
  tls?: GuiTls | undefined;
  onDefect: (error: unknown) => void;
}>;

/** The owner's own certificate (G12). */
export type GuiTls = Readonly<{
  files: CertificateFiles;
  /** Hears that the certificate was renewed. */
  onChange: () => void;
  /** Hears why a renewed one can't be used. The one before stays in use. */
  onProblem: (error: unknown) => void;
}>;

/** The listener while it is up. */
export interface GuiListener extends Omit<Listener, 'replaceCertificate' | 'takeTime'> {
  /** The certificate that it shows now, PEM; `undefined` over plain HTTP. */
  readonly ownCertificate: string | undefined;
  /** The listener's URL with a fresh one-time ticket in its fragment. */
  createLoginLink(): string;
}

/**
 * Binds the gui listener.
 *
 * @throws {ListenError} `password_required`: beyond loopback nobody may listen without one (G12). What
 *   `readCertificate` says of the certificate.
 */
export async function openGuiListener(options: GuiListenerOptions): Promise<GuiListener> {
  const { clock, domain, drafts, hostNames = [], login, onDefect, target, tls } = options;
  requirePassword(target, login);
  const certificate = tls && (await readCertificate(tls.files));

  const hub = new TopicHub({
    clock,
    createId: randomUUID,
    run: randomUUID(),
    onDefect,
    validate: judgeGames(domain.boardGames),
    ...(drafts === undefined ? {} : { drafts }),
  });
  const live = [
    new LiveTopics({ domain, hub, onDefect }),
    new LiveRooms({ domain, hub, onDefect }),
    new LiveGames({ games: domain.boardGames, hub, onDefect }),
  ];
  const sockets = chatroomSockets({
    ...{ hub, door: socketDoor(login), hostNames, clock, onDefect },
    watch: options.monitor?.watch('owner', hub),
  });
  const files = await listStaticFiles(options.filesFolder);
  let url = '';
  const app = createGuiApp({
    ...{ domain, login, files, hostNames, onDefect },
    guiUrl: () => url,
    takeTime: () => listener.takeTime(),
  });

  const answer = app.callback();
  const listener = await openListener({
    target,
    ...(certificate === undefined ? {} : { certificate }),
    maxConnections: MAX_CONNECTIONS,
    handleRequest: (request, response) => void answer(request, response),
    handleUpgrade: (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head);
    },
    onDefect,
  });
  url = browsableUrl(listener);
  const renewal = watchCertificate(options, listener, certificate);
  for (const one of live) one.start();
  sockets.start();

  return {
    url: listener.url,
    port: listener.port,
    get ownCertificate() {
      return renewal?.current.own;
    },
    createLoginLink: () => loginLink(url, login.createTicket()),
    close: async () => {
      renewal?.stop();
      for (const one of live) one.stop();
      await Promise.all([sockets.stop(), listener.close()]);
      await hub.stop();
    },
  };
}

/** Shows a renewed certificate as soon as it is there. */
function watchCertificate(
  { clock, tls }: GuiListenerOptions,
  listener: Listener,
  current: Certificate | undefined,
): CertificateWatch | undefined {
  if (tls === undefined || current === undefined) return undefined;
  const watch = new CertificateWatch({
    ...{ files: tls.files, current, clock },
    onChange: (certificate) => {
      listener.replaceCertificate(certificate);
      tls.onChange();
    },
    onProblem: tls.onProblem,
  });
  watch.start();
  return watch;
}

/** A URL that this machine's browser can open: one that listens everywhere is also on loopback. */
function browsableUrl({ port, url }: Listener): string {
  const { hostname, protocol } = new URL(url);
  return hostname === '[::]' || hostname === '0.0.0.0' ? `${protocol}//127.0.0.1:${port}` : url;
}

function requirePassword(target: ListenTarget, login: Login): void {
  if (isLoopbackTarget(target) || login.hasPassword) return;
  throw new ListenError(
    'password_required',
    `the GUI may listen on ${target.host} only with a password; set one with: vestnik password`,
  );
}
