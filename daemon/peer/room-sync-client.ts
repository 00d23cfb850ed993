import { Agent, request, type IncomingMessage } from 'node:http';
import type { RandomBytes } from '../crypto/bytes.ts';
import { authenticateRequest, isResponseGenuine, type HopKeys } from '../crypto/hop-auth.ts';
import type { Contact } from '../domain/model.ts';
import type { OwnAddresses } from '../domain/ports.ts';
import { splitAddress, type Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { formatHopAuth, HOP_AUTH_HEADER, parseHopAuth, type HopAuth } from '../wire/e2e.ts';
import { SYNC_BODY_MAX_BYTES } from '../wire/room-sync.ts';
import type { HopBook } from './hop-proof.ts';
import type { PeerRules } from './peer-client.ts';

/** Longest without an answer, beside what the host may wait. Source: docs/security.md, G21. */
const TIMEOUT_MS = 15_000;
const HOP_AUTH_HEADER_NAME = HOP_AUTH_HEADER.toLowerCase();

/** What is asked of a host. */
export type SyncRequest = Readonly<{
  method: 'GET' | 'POST';
  /** With its query; it is part of the proof. */
  target: string;
  body: string;
  /** How long the host may wait before it answers. */
  waitMs: number;
}>;

/** An answer; `undefined`: none, or none that counts. */
export type SyncReply = Readonly<{ status: number; text: string }> | undefined;

/** With what the host proves it by. */
type ReplyWithProof = NonNullable<SyncReply> & Readonly<{ proof: string | undefined }>;

type Dependencies = Readonly<{
  rules: Pick<PeerRules, 'localAddressFor' | 'isAllowed'>;
  hops: Pick<HopBook, 'keysOf'>;
  own: Pick<OwnAddresses, 'toldTo'>;
  randomBytes: RandomBytes;
}>;

/**
 * Asks hosts about rooms: connections of its own, so that a request that waits keeps no message from leaving. No
 * redirects, no proxies, no cookies, every wait with an end (G21).
 */
export class RoomSyncClient {
  readonly #deps: Dependencies;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1, noDelay: true });

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Never throws: a host that can't be reached, or is another, gives no answer. */
  async ask(host: Contact, asked: SyncRequest, signal: AbortSignal): Promise<SyncReply> {
    if (!this.#deps.rules.isAllowed(host.address)) return undefined;
    const keys = this.#deps.hops.keysOf(host);
    const body = Buffer.from(asked.body);
    const { method, target } = asked;
    const auth =
      keys === undefined
        ? undefined
        : authenticateRequest(keys, { method, target, body }, host.key, this.#deps.randomBytes);
    // Out of reach, broken off or too long: it is all the same.
    const reply = await this.#exchange(host, asked, body, auth, signal).catch(() => undefined);
    if (reply === undefined || keys === undefined || auth === undefined) return reply;
    // Of a host that encrypts only what proves itself counts, whatever it says (E13).
    return isProven(keys, auth, reply) ? reply : undefined;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #exchange(
    contact: Contact,
    { method, target, waitMs }: SyncRequest,
    body: Buffer,
    auth: HopAuth | undefined,
    signal: AbortSignal,
  ): Promise<ReplyWithProof> {
    const { host, port } = splitAddress(contact.address);
    const localAddress = this.#deps.rules.localAddressFor(contact.address);
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({
        ...{ host, port, method, path: target, agent: this.#agent },
        headers: {
          'content-type': 'text/plain',
          ...(method === 'POST' ? { 'content-length': body.byteLength } : {}),
          ...this.#naming(contact, auth),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs + TIMEOUT_MS)]),
        ...(localAddress === undefined ? {} : { localAddress }),
      });
      outgoing.on('response', resolve).on('error', reject).end(body);
    });
    const proof = incoming.headers[HOP_AUTH_HEADER_NAME];
    return {
      status: incoming.statusCode ?? 0,
      text: await readAnswer(incoming),
      proof: typeof proof === 'string' ? proof : undefined,
    };
  }

  #naming({ address, key = '' }: Contact, auth: HopAuth | undefined): Record<string, string> {
    if (auth !== undefined) return { [HOP_AUTH_HEADER]: formatHopAuth(auth) };
    return { 'vestnik-address': this.ownServer(address), 'vestnik-key': key };
  }

  /** How we are called as a server, there. */
  ownServer(host: Address): Address {
    return this.#deps.own.toldTo(host);
  }
}

function isProven(
  keys: HopKeys,
  auth: HopAuth,
  { status, text, proof = '' }: ReplyWithProof,
): boolean {
  try {
    const response = { auth: parseHopAuth(proof), status, body: Buffer.from(text) };
    return isResponseGenuine(keys, auth, response);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** @throws {Error} More than a host may answer. */
async function readAnswer(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > SYNC_BODY_MAX_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
