import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { splitAddress, type Address } from '../wire/address.ts';
import type { DeliveryOutcome } from '../domain/model.ts';
import { OutgoingSlots } from './outgoing-slots.ts';

/** Limits of an outgoing exchange. Source: docs/peer-protocol.md#timers and docs/security.md, G21. */
export const CONNECT_TIMEOUT_MS = 5_000;
export const ANSWER_TIMEOUT_MS = 15_000;
export const ANSWER_MAX_BYTES = 64 * 1024;
/** Sockets for one contact: its lane uses one, the other is there while the first is closing. */
const SOCKETS_PER_CONTACT = 2;

/** What came of one request to a peer. */
export type PeerReply =
  Readonly<{ outcome: 'ok'; body: string }> | Readonly<{ outcome: Exclude<DeliveryOutcome, 'ok'> }>;

type Options = Readonly<{
  /** Our own address that a connection to this peer should come from. */
  localAddressFor: (peer: Address) => string | undefined;
  /** Whether we may connect there at all (G21). */
  isAllowed: (peer: Address) => boolean;
  /** Whether there was a sign of life of this peer lately. */
  isLikelyThere: (peer: Address) => boolean;
  connectTimeoutMs?: number;
  answerTimeoutMs?: number;
}>;

/**
 * Talks HTTP to peers: keep-alive connections, no redirects, no proxies, no cookies, every wait with an end.
 *
 * Built on node:http, since a lane sends one request after another and needs nothing more (G21).
 */
export class PeerClient {
  readonly #options: Options;
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS_PER_CONTACT,
    maxFreeSockets: 1,
    noDelay: true,
  });
  readonly #open = new Set<ClientRequest>();
  readonly #slots = new OutgoingSlots();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Posts a body to a peer. Never throws: whatever happens is an outcome. */
  async post(peer: Address, body: string): Promise<PeerReply> {
    if (!this.#options.isAllowed(peer)) return { outcome: 'forbidden_address' };
    const isDoubtful = !this.#options.isLikelyThere(peer);
    return this.#slots.run(isDoubtful, () => this.#exchangeFresh(peer, body));
  }

  /** Ends all connections; what is under way ends as `unreachable`. */
  close(): void {
    for (const one of this.#open) one.destroy(new Error('the daemon stops'));
    this.#agent.destroy();
  }

  async #exchangeFresh(peer: Address, body: string): Promise<PeerReply> {
    const first = await this.#exchange(peer, body);
    // The peer closed an idle connection just when we used it. Every action may be repeated.
    return first === 'stale' ? toReply(await this.#exchange(peer, body)) : toReply(first);
  }

  async #exchange(peer: Address, body: string): Promise<PeerReply | 'stale'> {
    const { host, port } = splitAddress(peer);
    const localAddress = this.#options.localAddressFor(peer);
    const outgoing = request({
      host,
      port,
      method: 'POST',
      path: '/',
      agent: this.#agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#open.add(outgoing);
    const limit = this.#limit(outgoing);
    try {
      return await exchange(outgoing, body);
    } catch (error) {
      if (limit.hasExpired()) return { outcome: 'timeout' };
      const isStale = outgoing.reusedSocket && hasCode(error, 'ECONNRESET', 'EPIPE');
      return isStale ? 'stale' : { outcome: outcomeOf(error) };
    } finally {
      limit.stop();
      this.#open.delete(outgoing);
    }
  }

  /** Ends a request that takes too long. An overlay gives no error for a host that is gone: connecting hangs. */
  #limit(outgoing: ClientRequest): Readonly<{ stop: () => void; hasExpired: () => boolean }> {
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS } =
      this.#options;
    let hasExpired = false;
    const expire = (): void => {
      hasExpired = true;
      outgoing.destroy();
    };
    const answerTimer = setTimeout(expire, answerTimeoutMs);
    let connectTimer: NodeJS.Timeout | undefined;
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return;
      connectTimer = setTimeout(expire, connectTimeoutMs);
      socket.once('connect', () => clearTimeout(connectTimer));
    });
    const stop = (): void => {
      clearTimeout(answerTimer);
      clearTimeout(connectTimer);
    };
    return { stop, hasExpired: () => hasExpired };
  }
}

function toReply(result: PeerReply | 'stale'): PeerReply {
  return result === 'stale' ? { outcome: 'unreachable' } : result;
}

async function exchange(outgoing: ClientRequest, body: string): Promise<PeerReply> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
  const answer = await readAnswer(incoming);
  if (answer === undefined) return { outcome: 'bad_answer' };
  if (incoming.statusCode === 200) return { outcome: 'ok', body: answer };
  if (incoming.statusCode === 429 || incoming.statusCode === 503) return { outcome: 'busy' };
  // An error that says so in our protocol is a refusal; any other page comes from somebody else's server.
  return { outcome: /"status"\s*:\s*0/.test(answer) ? 'refused' : 'bad_answer' };
}

/** The answer's text; `undefined` when it is too long. */
async function readAnswer(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > ANSWER_MAX_BYTES) {
      incoming.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function outcomeOf(error: unknown): Exclude<DeliveryOutcome, 'ok'> {
  if (hasCode(error, 'ECONNREFUSED')) return 'connection_refused';
  if (hasCode(error, 'ETIMEDOUT')) return 'timeout';
  const isHttpNonsense =
    error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_');
  return isHttpNonsense ? 'bad_answer' : 'unreachable';
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
