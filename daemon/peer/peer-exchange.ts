/** One request to a peer: as it leaves, and what its answer means. */
import { splitAddress, type Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { formatHopAuth, HOP_AUTH_HEADER, parseHopAuth, type HopAuth } from '../wire/e2e.ts';
import type { RandomBytes } from '../crypto/bytes.ts';
import { authenticateRequest, isResponseGenuine, type HopKeys } from '../crypto/hop-auth.ts';
import type { DeliveryOutcome } from '../domain/model.ts';

/** Every request of ours is one of these. */
export const METHOD = 'POST';
export const TARGET = '/';
/** As it is looked up among those that came. */
export const HOP_AUTH_HEADER_NAME = HOP_AUTH_HEADER.toLowerCase();

/** What came of one request to a peer. */
export type PeerReply =
  | Readonly<{
      outcome: 'ok';
      body: string;
      /** The peer proved that this answer to this very request is its own. */
      isProven: boolean;
    }>
  /** `malformed`: a daemon that did not understand us; elsewhere a refusal like others. */
  | Readonly<{ outcome: Exclude<DeliveryOutcome, 'ok'> | 'malformed' }>;

/** What we prove ourselves with to a peer, and what it has to prove itself with. */
export type HopProof = Readonly<{
  keys: HopKeys;
  /** The key that the peer issued to us; `undefined` before it has. */
  accessKey: string | undefined;
  randomBytes: RandomBytes;
  /** The answer may come unproven, because it proves itself in another way or counts for nothing. */
  isAnswerFree?: boolean;
}>;

/** A request as it leaves, and what its answer must fit. */
export type Outgoing = Readonly<{
  body: Buffer;
  proof: Readonly<{ keys: HopKeys; auth: HopAuth; isAnswerFree: boolean }> | undefined;
}>;

/** Makes a request ready to leave, with the proof of who sends it. */
export function toOutgoing(body: Buffer, proof: HopProof | undefined): Outgoing {
  if (proof === undefined) return { body, proof };
  const { keys, accessKey, randomBytes, isAnswerFree = false } = proof;
  const request = { method: METHOD, target: TARGET, body };
  return {
    body,
    proof: { keys, auth: authenticateRequest(keys, request, accessKey, randomBytes), isAnswerFree },
  };
}

/** A request's head, where its body is written behind it. */
export function headOf(peer: Address, { body, proof }: Outgoing): string {
  const { host, port } = splitAddress(peer);
  const auth = proof === undefined ? '' : `${HOP_AUTH_HEADER}: ${formatHopAuth(proof.auth)}\r\n`;
  return (
    `${METHOD} ${TARGET} HTTP/1.1\r\nHost: ${host.includes(':') ? `[${host}]` : host}:${port}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.byteLength}\r\n${auth}\r\n`
  );
}

/** An answer, its proof not verified yet. */
export type Answer = Readonly<{ status: number; auth: string | undefined; body: Buffer }>;

/** What an answer means. Where a proof was due, only one that proves itself counts (E13); of the others `busy` alone is believed. */
export function readReply(answer: Answer, proof: Outgoing['proof']): PeerReply {
  const { status, body } = answer;
  if (status === 429 || status === 503) return { outcome: 'busy' };
  const isGenuine = proof !== undefined && isProven(proof, answer);
  if (proof !== undefined && !isGenuine && !(proof.isAnswerFree && status === 200)) {
    return { outcome: 'not_proven' };
  }
  const text = body.toString('utf8');
  if (status === 200) return { outcome: 'ok', body: text, isProven: isGenuine };
  // An error that says so in our protocol is a refusal; any other page comes from somebody else's server.
  if (!/"status"\s*:\s*0/.test(text)) return { outcome: 'bad_answer' };
  return { outcome: status === 400 ? 'malformed' : 'refused' };
}

function isProven(
  { keys, auth: request }: NonNullable<Outgoing['proof']>,
  { status, auth, body }: Answer,
): boolean {
  if (auth === undefined) return false;
  try {
    return isResponseGenuine(keys, request, { auth: parseHopAuth(auth), status, body });
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
