/** The peer listener: where other daemons reach this one. */
import type { RequestListener } from 'node:http';
import type { Contacts } from '../domain/contacts.ts';
import type { ForgedLines } from '../domain/forged-lines.ts';
import type { RoomHost } from '../domain/room-host.ts';
import { LoopLagMeter, type LoopLag } from '../http/loop-lag.ts';
import { openListener, type Listener, type RequestTimeouts } from '../http/server.ts';
import type { ListenTarget } from '../http/listen.ts';
import type { Clock } from '../domain/ports.ts';
import { splitAddress } from '../wire/address.ts';
import { BodyLimits } from './body-limits.ts';
import { ContactPressure } from './contact-pressure.ts';
import type { HopBook } from './hop-proof.ts';
import { createPeerApp } from './peer-app.ts';
import { PeerAnswers, type PeerAnswersDependencies } from './peer-answers.ts';
import { StrangerLimits } from './stranger-limits.ts';

/** Connections in all. Source: docs/security.md, G13. */
const MAX_CONNECTIONS = 512;

/** A peer listener that is bound and waits for its domain, which needs the real port. */
export interface BoundPeerListener extends Listener {
  /** Answers from now on. */
  serve(domain: PeerDomain): void;
}

export type PeerDomain = Omit<PeerAnswersDependencies, 'pressure' | 'contacts'> &
  Readonly<{
    contacts: Pick<Contacts, 'get' | 'byIssuedKey' | 'list'>;
    hops: HopBook;
    /** The rooms of this daemon, for those that mirror them. */
    host: RoomHost;
    forged: ForgedLines;
  }>;

type Options = Readonly<{
  target: ListenTarget;
  get: 'ping' | 'all';
  clock: Clock;
  onDefect: (error: unknown) => void;
  timeouts?: RequestTimeouts;
  lag?: LoopLag;
  /** Whom a host stands for when strangers are counted; unless given, loopback is exempt. */
  strangerOf?: (host: string) => string | undefined;
}>;

/**
 * Binds the peer listener.
 *
 * @throws {ListenError}
 */
export async function openPeerListener(options: Options): Promise<BoundPeerListener> {
  const { target, timeouts, onDefect } = options;
  let answer: RequestListener = (_, response) => void response.writeHead(503).end();
  const listener = await openListener({
    target,
    maxConnections: MAX_CONNECTIONS,
    ...(timeouts === undefined ? {} : { timeouts }),
    handleRequest: (request, response) => {
      answer(request, response);
    },
    onDefect,
  });
  const serve = (domain: PeerDomain): void => {
    const handle = createHandler(domain, options);
    answer = (request, response) => void handle(request, response);
  };
  return { ...listener, serve };
}

function createHandler(
  domain: PeerDomain,
  { get, clock, onDefect, lag = new LoopLagMeter(), strangerOf }: Options,
): ReturnType<ReturnType<typeof createPeerApp>['callback']> {
  const pressure = new ContactPressure({ clock, lag });
  const limits = new BodyLimits();
  const arrival = {
    hops: domain.hops,
    isContactHost: (host: string) => isContactHost(domain.contacts, host),
    strangers: new StrangerLimits({
      monotonicMs: () => clock.monotonicMs(),
      lag,
      ...(strangerOf === undefined ? {} : { strangerOf }),
    }),
  };
  const app = createPeerApp({
    ...arrival,
    answers: new PeerAnswers({ ...domain, pressure }),
    roomSync: { ...arrival, ...domain, limits, pressure },
    limits,
    get,
    onDefect,
  });
  return app.callback();
}

function isContactHost(contacts: Pick<Contacts, 'list'>, host: string): boolean {
  return contacts
    .list()
    .some(({ address, isBlocked }) => !isBlocked && splitAddress(address).host === host);
}
