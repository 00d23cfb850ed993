import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { splitAddress, type Address } from '../wire/address.ts';
import { formatHopAuth, HOP_AUTH_HEADER } from '../wire/e2e.ts';
import type { DeliveryOutcome } from '../domain/model.ts';
import { OutgoingSlots } from './outgoing-slots.ts';
import {
  headOf,
  HOP_AUTH_HEADER_NAME,
  METHOD,
  readReply,
  TARGET,
  toOutgoing,
  type HopProof,
  type Outgoing,
  type PeerReply,
} from './peer-exchange.ts';
import { PeerLine, type LineFailure, type LineResult } from './peer-line.ts';

/** Limits of an outgoing exchange. Source: docs/peer-protocol.md#timers and docs/security.md, G21. */
export const CONNECT_TIMEOUT_MS = 5_000;
export const ANSWER_TIMEOUT_MS = 15_000;
export const ANSWER_MAX_BYTES = 64 * 1024;
/** Sockets for one contact: its lane uses one, the other is there while the first is closing. */
const SOCKETS_PER_CONTACT = 2;
/** Whom we may talk to, and from where. */
export type PeerRules = Readonly<{
  /** Our own address that a connection to this peer should come from. */
  localAddressFor: (peer: Address) => string | undefined;
  /** Whether we may connect there at all (G21). */
  isAllowed: (peer: Address) => boolean;
  /** Whether there was a sign of life of this peer lately. */
  isLikelyThere: (peer: Address) => boolean;
}>;

type Options = PeerRules & Readonly<{ connectTimeoutMs?: number; answerTimeoutMs?: number }>;

/** Ways to peers. */
export interface PeerConnections {
  /**
   * Posts a body to a peer. Never throws: whatever happens is an outcome.
   *
   * @param isOnLine `follow` may be called meanwhile; only for peers that said they take it
   *   (docs/peer-protocol.md#several-at-once).
   */
  post(peer: Address, body: string, proof?: HopProof, isOnLine?: boolean): Promise<PeerReply>;
  /**
   * Posts a body behind those that are under way to a peer: it arrives after them, or not at all.
   *
   * @returns `undefined` when nothing is under way there, or no more can follow; then nothing was posted.
   */
  follow(peer: Address, body: string, proof: HopProof): Promise<PeerReply> | undefined;
  /** Ends them all. */
  close(): void;
}

/**
 * Talks HTTP to peers: keep-alive connections, no redirects, no proxies, no cookies, every wait with an end.
 *
 * Built on node:http, since a lane sends one request after another and needs nothing more (G21).
 */
export class PeerClient implements PeerConnections {
  readonly #options: Options;
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS_PER_CONTACT,
    maxFreeSockets: 1,
    noDelay: true,
  });
  readonly #open = new Set<ClientRequest>();
  readonly #lines = new Map<Address, PeerLine>();
  readonly #slots = new OutgoingSlots();

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Posts a body to a peer. Never throws: whatever happens is an outcome.
   *
   * @param proof For a peer with an identity. Then only an answer that proves itself counts, whatever it says (E13); of
   *   the others, `busy` alone is believed, since it makes us do no more than wait.
   */
  async post(peer: Address, body: string, proof?: HopProof, isOnLine = false): Promise<PeerReply> {
    if (!this.#options.isAllowed(peer)) return { outcome: 'forbidden_address' };
    const isDoubtful = !this.#options.isLikelyThere(peer);
    const outgoing = toOutgoing(Buffer.from(body), proof);
    const sending = { isDoubtful, sizeBytes: outgoing.body.byteLength };
    const reply = await this.#slots.run(sending, () =>
      isOnLine ? this.#postOnLine(peer, outgoing) : this.#exchangeFresh(peer, outgoing),
    );
    // Its turn would not have come in time.
    return reply ?? { outcome: 'timeout' };
  }

  follow(peer: Address, body: string, proof: HopProof): Promise<PeerReply> | undefined {
    const line = this.#lines.get(peer);
    if (line === undefined || line.isUsedUp || line.isAtRest) return undefined;
    const outgoing = toOutgoing(Buffer.from(body), proof);
    return line
      .post(headOf(peer, outgoing), outgoing.body)
      .then((result) => toLineReply(result, outgoing));
  }

  /** Ends all connections; what is under way ends as `unreachable`. */
  close(): void {
    for (const one of this.#open) one.destroy(new Error('the daemon stops'));
    for (const line of [...this.#lines.values()]) line.close();
    this.#agent.destroy();
  }

  async #postOnLine(peer: Address, outgoing: Outgoing): Promise<PeerReply> {
    const result = await this.#lineTo(peer).post(headOf(peer, outgoing), outgoing.body);
    if (result === 'stale') return this.#exchangeFresh(peer, outgoing);
    return toLineReply(result, outgoing);
  }

  /** The connection on which requests may follow one another; a new one where that is used up. */
  #lineTo(peer: Address): PeerLine {
    const known = this.#lines.get(peer);
    if (known !== undefined && !known.isUsedUp) return known;
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS } =
      this.#options;
    const { host, port } = splitAddress(peer);
    const localAddress = this.#options.localAddressFor(peer);
    const line: PeerLine = new PeerLine({
      connect: () =>
        connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) }),
      connectTimeoutMs,
      answerTimeoutMs,
      answerMaxBytes: ANSWER_MAX_BYTES,
      onEnd: () => {
        if (this.#lines.get(peer) === line) this.#lines.delete(peer);
      },
    });
    known?.close();
    this.#lines.set(peer, line);
    return line;
  }

  async #exchangeFresh(peer: Address, outgoing: Outgoing): Promise<PeerReply> {
    const first = await this.#exchange(peer, outgoing);
    // The peer closed an idle connection just when we used it. Every action may be repeated.
    return first === 'stale' ? toReply(await this.#exchange(peer, outgoing)) : toReply(first);
  }

  async #exchange(peer: Address, { body, proof }: Outgoing): Promise<PeerReply | 'stale'> {
    const { host, port } = splitAddress(peer);
    const localAddress = this.#options.localAddressFor(peer);
    const outgoing = request({
      host,
      port,
      method: METHOD,
      path: TARGET,
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.byteLength,
        ...(proof === undefined ? {} : { [HOP_AUTH_HEADER]: formatHopAuth(proof.auth) }),
      },
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#open.add(outgoing);
    const limit = this.#limit(outgoing);
    try {
      return await exchange(outgoing, { body, proof });
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

/** What a connection that brought no answer means. */
const LINE_OUTCOMES: Readonly<Record<LineFailure, Exclude<DeliveryOutcome, 'ok'>>> = {
  stale: 'unreachable',
  broken: 'unreachable',
  refused: 'connection_refused',
  timeout: 'timeout',
  bad_answer: 'bad_answer',
};

function toLineReply(result: LineResult, { proof }: Outgoing): PeerReply {
  if (typeof result === 'string') return { outcome: LINE_OUTCOMES[result] };
  const { status, headers, body } = result;
  return readReply({ status, auth: headers.get(HOP_AUTH_HEADER_NAME), body }, proof);
}

async function exchange(request: ClientRequest, { body, proof }: Outgoing): Promise<PeerReply> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body);
  });
  const answer = await readAnswer(incoming);
  if (answer === undefined) return { outcome: 'bad_answer' };
  const { statusCode: status = 0, headers } = incoming;
  const auth = headers[HOP_AUTH_HEADER_NAME];
  return readReply(
    { status, auth: typeof auth === 'string' ? auth : undefined, body: answer },
    proof,
  );
}

/** The bytes of an answer; `undefined` when there are too many. */
async function readAnswer(incoming: IncomingMessage): Promise<Buffer | undefined> {
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
  return Buffer.concat(chunks);
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
