import type { ContactNumber } from '../domain/model.ts';
import type { Rows } from './conversation-rows.ts';
import type { LaterEffects } from './later-effects.ts';
import type { MessageColumns } from './message-columns.ts';

/** An address that a conversation has from now on. */
export type Naming = Readonly<{ conversation: ContactNumber; address: string }>;

/** A conversation was emptied: what it had before place `s` is deleted. */
export type Drop = Readonly<{ conversation: ContactNumber; s: number }>;

/**
 * Sees an outgoing message that its own segment leaves on its way; its state may be another since.
 *
 * @param sizeBytes As of `Undelivered`, and so is `at`.
 */
export type VisitLeaving = (
  row: number,
  conversation: ContactNumber,
  sizeBytes: number,
  at: number,
) => void;

/** What is known of the messages of one segment, sealed or open. */
export interface SegmentMessages {
  readonly columns: MessageColumns;
  /** Rows of a conversation. */
  rowsOf(conversation: ContactNumber): Rows;
  /** For `hashId`; nearly always all segments have the same. */
  readonly seed: number;
  /** Whether `candidates` may find any. */
  mayHave(hash: number): boolean;
  /** Rows of messages whose id, here or on the wire, has this hash, deleted ones included. */
  candidates(hash: number): Promise<readonly number[]>;
  /** Places of a row's steps in this segment, oldest first. */
  stepsOf(row: number): Promise<number[]>;
  /** Steps of messages of earlier segments. */
  readonly later: LaterEffects;
  readonly sizeBytes: number;
  /** What was there when the segment was sealed or the daemon started. */
  visitLeaving(visit: VisitLeaving): void;
}

/** What the records of a segment say that is not of one message: in their order. */
export type SegmentNews = Readonly<{
  drops: readonly Drop[];
  namings: readonly Naming[];
  /** Greatest number of a conversation in any record. */
  lastConversation: ContactNumber;
  /** As `SequenceRuns` makes it. */
  runs: Float64Array;
}>;
