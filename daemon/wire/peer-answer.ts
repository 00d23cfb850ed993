/**
 * The peer protocol: what daemons answer, one JSON object with HTTP 200 whenever the request was understood.
 *
 * Source: docs/peer-protocol.md. Members that only vestnik daemons send are marked (ours).
 */
import * as v from 'valibot';
import { decodeValue, parseJson, WireError } from './check.ts';
import { decodeE2eAnswer, type E2eAnswer } from './e2e.ts';
import { HISTORY_ACCEPTED_MESSAGES } from './peer.ts';

/** A claim about oneself: what makes no sense is as good as nothing. */
const Ahead = v.optional(
  v.fallback(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 1),
  1,
);
/** A claim as well. */
const Bundles = v.optional(v.fallback(v.boolean(), false), false);
/** (ours) What was not taken is to come again as it is: there was no room for it, or the disk failed. */
const FULL_CODES: readonly unknown[] = ['storage_full', 'storage_failed'];
const Status = v.object({
  status: v.picklist([0, 1]),
  error: v.optional(v.unknown()),
  e2e: v.optional(v.unknown()),
  ahead: Ahead,
  bundles: Bundles,
});
const HistoryStatus = v.object({
  status: v.pipe(v.array(v.unknown()), v.maxLength(HISTORY_ACCEPTED_MESSAGES)),
  error: v.optional(v.unknown()),
  e2e: v.optional(v.unknown()),
  ahead: Ahead,
  bundles: Bundles,
});
const Pong = v.object({ action: v.literal('pong') });

/** An answer to `handshake`, `send`, `resend` or `withdraw`. */
export type StatusAnswer = Readonly<{
  status: 0 | 1;
  /** (ours) The 0 says nothing of the message: its disk takes nothing just now. */
  isFull: boolean;
  e2e: E2eAnswer | undefined;
  /** (ours) Requests that may be under way at once on one connection. */
  ahead: number;
  /** (ours) It can read several messages under one seal. */
  bundles: boolean;
}>;
/** An answer to `history`: one verdict a message; whatever is not 1 counts as no. */
export type HistoryAnswer = Readonly<{
  accepted: readonly boolean[];
  /** As of `StatusAnswer`, of all that was not accepted. */
  isFull: boolean;
  e2e: E2eAnswer | undefined;
  ahead: number;
  bundles: boolean;
}>;

/**
 * Decodes the answer to `handshake`, `send`, `resend` or `withdraw`.
 *
 * @throws {WireError}
 */
export function decodeStatus(body: string): StatusAnswer {
  const { status, error, e2e, ...limits } = decodeValue(Status, parseJson(body));
  return { status, isFull: FULL_CODES.includes(error), e2e: decodeOptionalE2e(e2e), ...limits };
}

/** What makes no sense is as good as nothing: an answer without the member decides nothing about encryption. */
function decodeOptionalE2e(e2e: unknown): E2eAnswer | undefined {
  if (e2e === undefined) return undefined;
  try {
    return decodeE2eAnswer(e2e);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/**
 * Decodes the answer to a `history` of `count` messages; whatever is not 1 counts as 0.
 *
 * @throws {WireError} Also when the peer answered another number of messages.
 */
export function decodeHistoryStatus(body: string, count: number): HistoryAnswer {
  const { status, error, e2e, ...limits } = decodeValue(HistoryStatus, parseJson(body));
  if (status.length !== count) {
    throw new WireError('bad_request', `${count} messages, but ${status.length} answers`, 'status');
  }
  const accepted = status.map((one) => one === 1);
  return { accepted, isFull: FULL_CODES.includes(error), e2e: decodeOptionalE2e(e2e), ...limits };
}

/**
 * Checks the answer to a `ping`.
 *
 * @throws {WireError}
 */
export function decodePong(body: string): void {
  decodeValue(Pong, parseJson(body));
}

/** Answers of ours. `error` is for whoever debugs a peer; a simple client looks at `status` alone. */
export type PeerAnswer =
  /** `e2e` is what `encodeE2eAnswer` makes. */
  | Readonly<{ status: 0 | 1; error?: string; e2e?: object; ahead?: number; bundles?: boolean }>
  | Readonly<{
      status: readonly (0 | 1)[];
      error?: string;
      e2e?: object;
      ahead?: number;
      bundles?: boolean;
    }>
  | Readonly<{ action: 'pong' }>;

/** (ours) Member of an answer whose 0 means that the disk takes nothing just now. */
export const FULL_MEMBER = { error: 'storage_full' } as const;
