import { wipeSteps, type MadeSteps } from '../crypto/made-steps.ts';
import { prepareSending, type RatchetState } from '../crypto/ratchet-state.ts';
import type { PeerSessions } from '../crypto/sessions.ts';
import { isEqualBytes } from '../crypto/bytes.ts';
import type { ContactNumber } from './model.ts';
import type { Clock } from './ports.ts';

/** Keys that are given away in advance: few in a quiet conversation, more while one follows the other. */
const FIRST_KEYS = 8;
const KEYS_MAX = 256;
const SOON_MS = 1_000;

/** A sending chain as the disk knows it: further than we are. */
type Reservation = Readonly<{ ahead: RatchetState; made: MadeSteps; keys: number; madeMs: number }>;

/** Keys that are to be given away. */
export type Reserving = Readonly<{
  /** Sessions as the disk shall have them. */
  onDisk: PeerSessions;
  /** The sessions that have these keys at hand. */
  prepared: PeerSessions;
  /** The disk has them: they count from now on. */
  done: () => void;
}>;

/**
 * Keys of sending chains that are used up on the disk before they are in memory, so that not every message has to wait
 * for the disk before it leaves (D3). What a crash leaves unused, the contact passes over like messages that were lost.
 */
export class KeyReservations {
  readonly #clock: Clock;
  readonly #reservations = new Map<ContactNumber, Reservation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the disk has given away all keys that these sessions have used. */
  covers(contact: ContactNumber, sessions: PeerSessions): boolean {
    return this.#of(contact, sessions) !== undefined;
  }

  /** Sessions as the disk shall have them, without giving away more. */
  ahead(contact: ContactNumber, sessions: PeerSessions): PeerSessions {
    const reservation = this.#of(contact, sessions);
    return reservation === undefined ? sessions : withSending(sessions, reservation.ahead);
  }

  /** Gives more keys away. */
  reserve(contact: ContactNumber, sessions: PeerSessions): Reserving {
    const madeMs = this.#clock.monotonicMs();
    const last = this.#reservations.get(contact);
    const isSoon = last !== undefined && madeMs - last.madeMs < SOON_MS;
    const keys = isSoon ? Math.min(KEYS_MAX, last.keys * 2) : FIRST_KEYS;
    const { current } = sessions;
    const steps = current && prepareSending(current.state, keys);
    if (steps === undefined) return { onDisk: sessions, prepared: sessions, done: () => undefined };
    const { ahead, prepared, made } = steps;
    return {
      onDisk: withSending(sessions, ahead),
      prepared: withSending(sessions, prepared),
      done: () => {
        this.forget(contact);
        this.#reservations.set(contact, { ahead, made, keys, madeMs });
      },
    };
  }

  /** Forgets the keys of what was written up to here. */
  used(contact: ContactNumber, sessions: PeerSessions): void {
    const made = this.#of(contact, sessions)?.made;
    if (made !== undefined) wipeSteps(made, sessions.current?.state.sending?.count ?? 0);
  }

  /** Contacts for whom the disk is ahead of us. */
  contacts(): readonly ContactNumber[] {
    return [...this.#reservations.keys()];
  }

  /** Forgets what was given away, and its keys. */
  forget(contact: ContactNumber): void {
    const made = this.#reservations.get(contact)?.made;
    if (made !== undefined) wipeSteps(made, Infinity);
    this.#reservations.delete(contact);
  }

  #of(contact: ContactNumber, { current }: PeerSessions): Reservation | undefined {
    const reservation = this.#reservations.get(contact);
    if (reservation === undefined || current === undefined) return undefined;
    const { ahead } = reservation;
    const { state } = current;
    const isSameChain = ahead.own === state.own && isEqualBytes(ahead.sessionId, state.sessionId);
    const isFurther = (ahead.sending?.count ?? 0) >= (state.sending?.count ?? 0);
    return isSameChain && isFurther ? reservation : undefined;
  }
}

/** With the sending chain of another state of the same session. */
function withSending(sessions: PeerSessions, { sending }: RatchetState): PeerSessions {
  const { current } = sessions;
  if (current === undefined) return sessions;
  return { ...sessions, current: { ...current, state: { ...current.state, sending } } };
}
