/** Stand-ins for what browsers bring: a clock, a storage, a socket; and samples of what the daemon says. */
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import type { ApiContact, ApiConversation, ApiMessage } from '../../daemon/wire/gui-api.ts';
import type {
  ApiRoom,
  ApiRoomDirectory,
  ApiRoomMessage,
  ApiRoomSync,
} from '../../daemon/wire/rooms-api.ts';
import { signal } from '@preact/signals';
import type { GamesHere } from '../../gui/src/components/game-in-log.tsx';
import type { Clock } from '../../gui/client/clock.ts';
import type { InvitationActions } from '../../gui/src/components/invitation-card.tsx';
import type { LiveSocket } from '../../gui/src/live.ts';

export const ANNA: Address = parseAddress('200:7f3c:91d2:4e0b:6a55::2');
export const BORIS: Address = parseAddress('fc92:44d1::7b04');
export const ME: Address = parseAddress('200:1c2e:77aa:10f3:9b1c:64d0:8e21:5f07');

/** Anna's, say. */
export const FINGERPRINT = 'A8mX0wVq3nY1k5ZrT7uPjB2dHs9LcGfEo4iKxNvRtQw';

/** 2026-03-10 12:00 UTC, a Tuesday. */
export const NOON = Date.UTC(2026, 2, 10, 12);

export type ManualClock = Clock & Readonly<{ advance: (ms: number) => void }>;

/** A clock that goes when it is told to. `fraction` is always 1/2. */
export function createManualClock(): ManualClock {
  let now = NOON;
  const timers = new Set<Readonly<{ dueAt: number; run: () => void }>>();
  return {
    nowMs: () => now,
    fraction: () => 0.5,
    after: (delayMs, run) => {
      const timer = { dueAt: now + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (ms) => {
      now += ms;
      for (const timer of [...timers].filter(({ dueAt }) => dueAt <= now)) {
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

/** A `Storage` in memory. */
export function createMemoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}

/** Ids that one can foretell: id-1, id-2, … */
export function createCountingId(): () => string {
  let count = 0;
  return () => `id-${++count}`;
}

export type FakeSocket = LiveSocket &
  Readonly<{
    ticket: string;
    sent: readonly unknown[];
    open: () => void;
    receive: (frame: object) => void;
    drop: (code?: number) => void;
  }>;

/** The browser's end of a WebSocket whose other end is the test. */
export function createFakeSocket(ticket: string): FakeSocket {
  const target = new EventTarget();
  const sent: unknown[] = [];
  const close = (code = 1006): void => {
    target.dispatchEvent(Object.assign(new Event('close'), { code }));
  };
  return {
    ticket,
    sent,
    addEventListener: target.addEventListener.bind(target),
    send: (text) => {
      if (typeof text === 'string') sent.push(JSON.parse(text));
    },
    close: () => close(1000),
    open: () => target.dispatchEvent(new Event('open')),
    receive: (frame) =>
      target.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) })),
    drop: close,
  };
}

export function sampleContact(change: Partial<ApiContact> = {}): ApiContact {
  return {
    address: ANNA,
    nick: 'Anna',
    state: 'established',
    last_online: null,
    last_connect: null,
    can_resend: 0,
    presence: 'offline',
    verified: false,
    trust: 'plain',
    id: null,
    fingerprint: null,
    encryption: '',
    unread: 0,
    blocked: false,
    muted: false,
    relay_for: true,
    relay_plain: false,
    retention: 'default',
    shares_presence: 'full',
    other_info: {
      since: iso(NOON),
      handshake: 'answered',
      shows_presence: 'full',
      last_attempt: null,
      next_attempt: null,
      candidate: null,
      rekeyed: null,
      refused_plain: 0,
      taken_back: null,
      address_proves: 'node',
      expected_fingerprint: null,
    },
    ...change,
  };
}

export function sampleMessage(s: number, change: Partial<ApiMessage> = {}): ApiMessage {
  return {
    id: `m${s}`,
    s,
    rev: s,
    from: ANNA,
    to: ME,
    message: `message ${s}`,
    timestamp: iso(NOON + s * 1000),
    received: iso(NOON + s * 1000),
    direction: 'in',
    state: 'delivered',
    enctype: '',
    verified: false,
    missing_before: 0,
    via: null,
    ...change,
  };
}

export function sampleConversation(change: Partial<ApiConversation> = {}): ApiConversation {
  return {
    address: ANNA,
    last: null,
    unread: 0,
    read_up_to: 0,
    missing: 0,
    asked: { waiting: 0, deleted: 0, kept: 0 },
    ...change,
  };
}

/** Boris's room as it is called here. */
export const TEA = `tea@${BORIS}`;

export function sampleSync(change: Partial<ApiRoomSync> = {}): ApiRoomSync {
  return {
    ...{ state: 'equal', away: false, code: null, reason: null, events: 3, hash: 'a'.repeat(40) },
    ...{ checked: iso(NOON), waiting: [] },
    ...change,
  };
}

/** A room of our own, unless `host` and `sync` say otherwise. */
export function sampleRoom(change: Partial<ApiRoom> = {}): ApiRoom {
  return {
    ...{ room: 'lobby', uid: 'q3Vx0mJ2S8m1o4kTqv7cGA', name: 'lobby', host: null, topic: '' },
    ...{
      private: false,
      closed: false,
      joined: true,
      muted: false,
      invite: '5jzW1uQx0lH8bKc9mT2r4Q',
    },
    ...{
      members: 2,
      online: 1,
      seqnr: 3,
      unread: 0,
      read_up_to: 3,
      last: null,
      created: iso(NOON),
      sync: null,
    },
    ...change,
  };
}

/** Boris's, in which we are. */
export function sampleMirror(change: Partial<ApiRoom> = {}): ApiRoom {
  const place = { room: TEA, uid: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'tea', host: BORIS };
  return sampleRoom({ ...place, invite: null, sync: sampleSync(), ...change });
}

export function sampleSaid(seqnr: number, change: Partial<ApiRoomMessage> = {}): ApiRoomMessage {
  return {
    ...{ id: `e${seqnr}`, room: 'lobby', seqnr, timestamp: iso(NOON + seqnr * 1000), type: 'MSG' },
    ...{ from: `Anna@${ANNA}`, origin: 'contact', message: `said ${seqnr}` },
    ...change,
  };
}

export function sampleDirectory(
  seqnr: number,
  users: readonly string[],
  at = NOON + seqnr * 1000,
): ApiRoomDirectory {
  return { id: `e${seqnr}`, room: 'lobby', seqnr, timestamp: iso(at), type: 'DIR', users };
}

/** For where nobody is invited to anything. */
export const NO_INVITATIONS: InvitationActions = {
  stateOf: () => ({ host: undefined, room: undefined, isHostKnown: false }),
  onJoin: () => undefined,
};

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Lets everything that is ready to go on go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** A place where nobody plays. */
export const NO_GAMES: GamesHere = {
  sightOf: () => signal({ view: undefined, wish: undefined, isRefused: false }),
  follow: () => () => undefined,
  isIdle: () => false,
  others: { nameOf: (player) => player, invited: 'Anna', isAway: false },
  isConnected: true,
  onWish: () => undefined,
  onAgain: () => undefined,
};
