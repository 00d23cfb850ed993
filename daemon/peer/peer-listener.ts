/** The peer listener: where other daemons reach this one. */
import type { RequestListener } from 'node:http';
import type { Contacts } from '../domain/contacts.ts';
import { RequestError } from '../http/request-error.ts';
import { TokenBucket, TokenBuckets } from '../http/rate-limit.ts';
import { openListener, type Listener } from '../http/server.ts';
import type { ListenTarget } from '../http/listen.ts';
import type { Clock } from '../domain/ports.ts';
import { classifyHost, originOf, splitAddress } from '../wire/address.ts';
import { BodyLimits } from './body-limits.ts';
import { createPeerApp } from './peer-app.ts';
import { PeerAnswers, type Caller, type PeerAnswersDependencies } from './peer-answers.ts';

/** Connections in all. Source: docs/security.md, G13. */
const MAX_CONNECTIONS = 512;
/** What strangers may ask. Source: docs/security.md, G15. */
const STRANGER_RATE = { perSecond: 1, burst: 5 } as const;
const STRANGERS_RATE = { perSecond: 50, burst: 50 } as const;

/** A peer listener that is bound and waits for its domain, which needs the real port. */
export interface BoundPeerListener extends Listener {
  /** Answers from now on. */
  serve(domain: PeerDomain): void;
}

export type PeerDomain = Omit<PeerAnswersDependencies, 'countStranger'>;

type Options = Readonly<{
  target: ListenTarget;
  get: 'ping' | 'all';
  clock: Clock;
  onDefect: (error: unknown) => void;
}>;

/**
 * Binds the peer listener.
 *
 * @throws {ListenError}
 */
export async function openPeerListener(options: Options): Promise<BoundPeerListener> {
  const { target, get, clock, onDefect } = options;
  let answer: RequestListener = (_, response) => void response.writeHead(503).end();
  const listener = await openListener({
    target,
    maxConnections: MAX_CONNECTIONS,
    handleRequest: (request, response) => {
      answer(request, response);
    },
    onDefect,
  });
  const serve = (domain: PeerDomain): void => {
    const answers = new PeerAnswers({ ...domain, countStranger: strangerCounter(clock) });
    const limits = new BodyLimits((host) => isContactHost(domain.contacts, host));
    const handle = createPeerApp({ answers, limits, get, onDefect }).callback();
    answer = (request, response) => void handle(request, response);
  };
  return { ...listener, serve };
}

/**
 * Counts what strangers ask: each of them, and all together, so that a flood of theirs leaves contacts alone. Loopback
 * is exempt: these are daemons of our own.
 */
function strangerCounter(clock: Clock): (caller: Caller) => void {
  const monotonicMs = (): number => clock.monotonicMs();
  const each = new TokenBuckets(STRANGER_RATE, monotonicMs);
  const all = new TokenBucket(STRANGERS_RATE, monotonicMs);
  return ({ host }) => {
    if (classifyHost(host) === 'loopback') return;
    if (each.take(originOf(host)) && all.take()) return;
    throw new RequestError('too_many_requests', 'slow down', { 'Retry-After': '1' });
  };
}

function isContactHost(contacts: Contacts, host: string): boolean {
  return contacts.list().some(({ address }) => splitAddress(address).host === host);
}
