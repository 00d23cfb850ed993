/** Events of a room that were there before: read by pages, and taken in from elsewhere. */
import type { RoomLog } from './room-log.ts';
import type { Room, RoomEvent } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';

/** The newest before a number, the first after one, or the newest of all. */
export type RoomPageQuery = Readonly<{ before?: number; after?: number; limit: number }>;

/** Oldest first. */
export async function pageOf(
  log: RoomLog,
  { before, after, limit }: RoomPageQuery,
): Promise<readonly RoomEvent[]> {
  if (after !== undefined) return pageAfter(log, after, limit);
  const last = Math.min(before ?? Infinity, log.lastSeqnr + 1) - 1;
  return log.read(Math.max(1, last - limit + 1), last);
}

/** Damage that is longer than a page is passed over. */
async function pageAfter(
  log: RoomLog,
  after: number,
  limit: number,
): Promise<readonly RoomEvent[]> {
  for (let first = Math.max(after + 1, log.firstSeqnr); first <= log.lastSeqnr; first += limit) {
    const events = await log.read(first, first + limit - 1);
    if (events.length > 0) return events;
  }
  return [];
}

/**
 * Takes events as they were elsewhere, with their numbers: those after the last one that is here, if that is the same there.
 *
 * @param events In order.
 * @returns How many were taken; `undefined`: what is here is not what is there.
 * @throws {StorageError} None was.
 */
export async function takeEvents(
  store: Pick<RoomStore, 'append' | 'lastSeqnr' | 'read'>,
  { uid }: Pick<Room, 'uid'>,
  events: readonly RoomEvent[],
): Promise<number | undefined> {
  const last = store.lastSeqnr(uid);
  const known = events.findLast(({ seqnr }) => seqnr <= last);
  if (known !== undefined) {
    const [here] = await store.read(uid, known.seqnr, known.seqnr);
    if (here?.uid !== known.uid) return undefined;
  }
  const fresh = events.filter(({ seqnr }) => seqnr > last);
  if (fresh.length > 0) await store.append(fresh);
  return fresh.length;
}
