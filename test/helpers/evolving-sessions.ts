/** Sessions that change as real ones do, without the cryptography: a key is a number that was never used before. */
import fc from 'fast-check';
import { initiatorState, type RatchetState } from '../../daemon/crypto/ratchet-state.ts';
import { withoutExpired } from '../../daemon/crypto/session-limits.ts';
import {
  NO_SESSIONS,
  withAnswered,
  withAttempt,
  withFinished,
  type PeerSessions,
} from '../../daemon/crypto/sessions.ts';
import { withoutSkipped, withSkipped } from '../../daemon/crypto/skipped-keys.ts';

const NOW_MS = 1_772_366_400_000;

/** What can happen between two saves. */
export type Happening =
  | 'sends'
  | 'receives'
  | 'skips'
  | 'catches up'
  | 'turns'
  | 'answers'
  | 'finishes'
  | 'asks'
  | 'ages';

export const happening: fc.Arbitrary<Happening> = fc.constantFrom(
  'sends',
  'receives',
  'skips',
  'catches up',
  'turns',
  'answers',
  'finishes',
  'asks',
  'ages',
);

/** Makes sessions with one peer, one after another. */
export class EvolvingSessions {
  current: PeerSessions = NO_SESSIONS;
  #count: number;

  /** @param seed Different for every peer. */
  constructor(seed = 0) {
    this.#count = seed * 2 ** 20;
  }

  /** Lets something happen, if it can. @returns The sessions after it. */
  let(what: Happening): PeerSessions {
    this.current = this.#after(what);
    return this.current;
  }

  #after(what: Happening): PeerSessions {
    const sessions = this.current;
    switch (what) {
      case 'answers':
        return withAnswered(sessions, this.#hs1(), this.#newSession());
      case 'finishes':
        return withFinished(sessions, this.#newSession());
      case 'asks':
        return withAttempt(sessions, { startedAt: NOW_MS, pending: this.#pending() });
      case 'ages':
        return withoutExpired(sessions, NOW_MS);
      default:
        return this.#withState((state) => this.#changed(state, what));
    }
  }

  #withState(change: (state: RatchetState) => RatchetState): PeerSessions {
    const { current } = this.current;
    if (current === undefined) return this.current;
    const used = { ...current, state: change(current.state), messages: current.messages + 1 };
    return { ...this.current, current: used };
  }

  #changed(
    state: RatchetState,
    what: Exclude<Happening, 'answers' | 'finishes' | 'asks' | 'ages'>,
  ): RatchetState {
    const { peerKey = this.#bytes(32), skipped } = state;
    switch (what) {
      case 'sends':
        return {
          ...state,
          own: state.own ?? { secret: this.#bytes(32), publicKey: this.#bytes(32) },
          sending: { key: this.#bytes(32), count: (state.sending?.count ?? 0) + 1 },
          isStepDue: false,
        };
      case 'receives':
        return { ...state, receiving: { key: this.#bytes(32), count: this.#count }, peerKey };
      case 'skips':
        return {
          ...state,
          skipped: withSkipped(skipped, [this.#key(peerKey), this.#key(peerKey)]),
        };
      case 'catches up': {
        const keys = [...skipped.values()];
        const used = keys[this.#count++ % Math.max(1, keys.length)];
        return used === undefined ? state : { ...state, skipped: withoutSkipped(skipped, used) };
      }
      case 'turns':
        return {
          ...state,
          retired: [...state.retired, peerKey].slice(-64),
          peerKey: this.#bytes(32),
          receiving: { key: this.#bytes(32), count: 0 },
        };
    }
  }

  #key(ratchetKey: Uint8Array) {
    return { ratchetKey, number: this.#count++, messageKey: this.#bytes(32), at: NOW_MS };
  }

  #newSession() {
    const keys = {
      sessionId: this.#bytes(16),
      rootKey: this.#bytes(32),
      chainKey: this.#bytes(32),
    };
    return { state: initiatorState(keys, this.#bytes(32)), way: 'direct', nowMs: NOW_MS } as const;
  }

  #hs1() {
    const [id, dh, bind, ephemeralKey] = [32, 32, 64, 32].map((length) => this.#bytes(length));
    const none = new Uint8Array(0);
    return {
      suites: ['dr1'],
      id: id ?? none,
      dh: dh ?? none,
      bind: bind ?? none,
      ephemeralKey: ephemeralKey ?? none,
      recipient: undefined,
      mac: undefined,
    };
  }

  #pending() {
    const ephemeral = { secret: this.#bytes(32), publicKey: this.#bytes(32) };
    return { accessKey: `key ${this.#count}`, ephemeral, recipient: this.#bytes(32) };
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, ++this.#count);
    return bytes;
  }
}
