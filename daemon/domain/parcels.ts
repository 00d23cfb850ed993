import { BUNDLE_MAX_BYTES, BUNDLE_MAX_MESSAGES } from '../wire/dr1-inner.ts';
import { HISTORY_MAX_MESSAGES } from '../wire/peer.ts';
import type { StoredMessage } from './model.ts';
import type { SealedMessage, Waiting } from './waiting.ts';

/** A message from the outbox, with its text. */
export type Offered = Readonly<{ waiting: Waiting; message: StoredMessage }>;

/** Both are in the order of the journal, and every message is among those that are offered. */
export function pairUp(
  offered: readonly Waiting[],
  messages: readonly StoredMessage[],
): readonly Offered[] {
  let at = 0;
  return messages.flatMap((message) => {
    while (at < offered.length && offered[at]?.s !== message.s) at += 1;
    const waiting = offered[at];
    return waiting === undefined ? [] : [{ waiting, message }];
  });
}

/** Messages that travel in one envelope. */
export type Parcel = Readonly<{
  members: readonly [Offered, ...Offered[]];
  /** All of them, as they were sealed before; else `texts` is what each of them says and is to be sealed. */
  sealed: SealedMessage | undefined;
  texts: readonly string[];
}>;

type Packing = Readonly<{
  /** Whether what was sealed for a session can still be read. */
  isAlive: (sessionId: string) => boolean;
  /** The inner message. */
  textOf: (message: StoredMessage) => string;
  /** Several may share an envelope. */
  isBundling: boolean;
}>;

/** A parcel that more may be put into. */
type Open = Parcel &
  Readonly<{ members: [Offered, ...Offered[]]; texts: string[] }> & { bytes: number };

/**
 * Sorts messages into parcels, in order: the first of them, if all are more than one `history` may carry. What was sealed
 * stays as it is, so that a repeat is the same; but not a bundle of which a message has arrived, was taken back or is not
 * due yet.
 */
export function packParcels(offered: readonly Offered[], packing: Packing): readonly Parcel[] {
  const parcels: Parcel[] = [];
  let open: Open | undefined;
  for (let at = 0; at < offered.length;) {
    const [first, ...others] = sealedFrom(offered, at, packing);
    if (first !== undefined) {
      if (parcels.length === HISTORY_MAX_MESSAGES) break;
      parcels.push({ members: [first, ...others], sealed: first.waiting.sealed, texts: [] });
      open = undefined;
      at += 1 + others.length;
      continue;
    }
    const one = offered[at];
    at += 1;
    if (one === undefined) break;
    const text = packing.textOf(one.message);
    const bytes = Buffer.byteLength(text, 'utf8') + 1;
    if (open === undefined || !packing.isBundling || !hasRoom(open, bytes)) {
      if (parcels.length === HISTORY_MAX_MESSAGES) break;
      open = { members: [one], sealed: undefined, texts: [], bytes: 0 };
      parcels.push(open);
    } else {
      open.members.push(one);
    }
    open.texts.push(text);
    open.bytes += bytes;
  }
  return parcels;
}

function hasRoom({ texts, bytes }: Open, moreBytes: number): boolean {
  return texts.length < BUNDLE_MAX_MESSAGES && bytes + moreBytes <= BUNDLE_MAX_BYTES;
}

/** The messages from a place on that are sealed together, if they are all here and may leave like that. */
function sealedFrom(
  offered: readonly Offered[],
  at: number,
  { isAlive, isBundling }: Packing,
): readonly Offered[] {
  const sealed = offered[at]?.waiting.sealed;
  if (sealed === undefined || !isAlive(sealed.sessionId)) return [];
  if (sealed.messages > 1 && !isBundling) return [];
  const together = offered.slice(at, at + sealed.messages);
  const isWhole =
    together.length === sealed.messages &&
    together.every(({ waiting }) => waiting.sealed === sealed);
  return isWhole ? together : [];
}
