/** How a room of another host stands, for the owner. */
import type { HostPicture } from './host-picture.ts';
import { hashRoom } from './room-hash.ts';
import type { MirrorBook, Mirrored } from './room-mirror-book.ts';
import type { Refusal, WaitingRoomMessage } from './room-model.ts';

export type MirrorStatus = Readonly<{
  /**
   * `joining`: the host has not let the owner in yet; `refused`: it does not; `left`: the owner is out; `behind`: events, or what
   * the room is, are on their way.
   */
  state: 'joining' | 'refused' | 'left' | 'behind' | 'equal';
  isHostAway: boolean;
  /** Why the owner is not let in, else why nothing is heard of the host. */
  reason: Refusal | undefined;
  /** Numbers up to this one are here. */
  events: number;
  hash: string;
  /** When the host was asked last, milliseconds since 1970. */
  checkedAt: number | undefined;
  waiting: readonly WaitingRoomMessage[];
}>;

export function mirrorStatus(
  { mirror, room }: Mirrored,
  picture: HostPicture,
  lastSeqnr: number,
  book: MirrorBook,
): MirrorStatus {
  const hash = hashRoom(room);
  const isEqual = !mirror.isBehind && picture.told.get(room.uid) === hash;
  return {
    state: stateOf({ mirror, room }, isEqual),
    isHostAway: picture.absence !== undefined,
    reason: mirror.refusal ?? picture.absence,
    events: lastSeqnr,
    hash,
    checkedAt: picture.checkedAt,
    waiting: book.waitingFor(room.uid),
  };
}

function stateOf({ mirror, room }: Mirrored, isEqual: boolean): MirrorStatus['state'] {
  if (mirror.wish === 'out') return 'left';
  if (mirror.refusal !== undefined) return 'refused';
  if (!room.isJoined) return 'joining';
  return isEqual ? 'equal' : 'behind';
}
