/** Whoever speaks the turntable protocol with us, and the refusals that it may hear. */
import type { GuestRight } from './guest-grant.ts';
import type { TurntableCode, TurntableFrame, TurntableId } from '../wire/turntable.ts';

/** One connection of somebody who has said who he is. */
export interface TurntableClient {
  readonly id: TurntableId;
  readonly rights: ReadonlySet<GuestRight>;
  /** Takes a frame and returns at once. Several clients get the same frame object. */
  receive(frame: TurntableFrame): void;
}

/** A rule of presence or games says no; told to the client, and nothing else happened. */
export class TurntableError extends Error {
  override readonly name = 'TurntableError';
  readonly code: TurntableCode;

  constructor(code: TurntableCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether an id is that of a guest, not of a contact of the owner. */
export function isGuestId(id: TurntableId): boolean {
  return id.startsWith('1:');
}
