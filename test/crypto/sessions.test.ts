import test from 'ava';
import type { Hs1 } from '../../daemon/wire/e2e.ts';
import { CountedDh, createNodeDh } from '../../daemon/crypto/dh.ts';
import { goesFirst, startHandshake } from '../../daemon/crypto/handshake.ts';
import type { ReadContext } from '../../daemon/crypto/sessions.ts';
import {
  decryptFrom,
  encryptFor,
  NO_SESSIONS,
  troubleOf,
  withAnswered,
  withAttempt,
  withFinished,
  withoutAttempt,
  yieldTo,
  type PeerSessions,
  type ReadResult,
  type Session,
} from '../../daemon/crypto/sessions.ts';
import { decodeSessions, encodeSessions } from '../../daemon/crypto/session-bytes.ts';
import {
  isRenewalDue,
  KEPT_MS,
  limitSkipped,
  RENEWED_AFTER_MESSAGES,
  RENEWED_AFTER_MS,
  RENEWED_ONE_SIDED_AFTER_MS,
  withoutExpired,
} from '../../daemon/crypto/session-limits.ts';
import { withSkipped } from '../../daemon/crypto/skipped-keys.ts';
import { ACCESS_KEY, alice, bob, meet, openPrimitives, reading, writing } from './pair.ts';

const primitives = openPrimitives('sessions');
const { hs1: anyHs1 } = startHandshake(alice, { kind: 'unknown' }, ACCESS_KEY, primitives);

/** Alice, who has verified, and Bob, who has answered, at an instant. */
function shake(sides: Sides, nowMs = 0): Sides {
  const states = meet(primitives);
  return {
    alice: withFinished(sides.alice, { state: states.alice, way: 'direct', nowMs }),
    bob: withAnswered(sides.bob, anyHs1, { state: states.bob, way: 'direct', nowMs }),
  };
}

type Sides = Readonly<{ alice: PeerSessions; bob: PeerSessions }>;
const STRANGERS: Sides = { alice: NO_SESSIONS, bob: NO_SESSIONS };

function write(sessions: PeerSessions, isAlice: boolean, text = 'text') {
  const context = isAlice ? writing(alice, bob, primitives) : writing(bob, alice, primitives);
  const written = encryptFor(sessions, Buffer.from(text), context);
  if (written === undefined) throw new Error('no session to write on');
  return written;
}

function read(
  sessions: PeerSessions,
  isAlice: boolean,
  message: string,
  context: Partial<ReadContext> = {},
): ReadResult {
  const own = isAlice ? reading(alice, bob, primitives) : reading(bob, alice, primitives);
  return decryptFrom(sessions, message, { ...own, isKnown: () => false, ...context });
}

function after(outcome: ReadResult): PeerSessions {
  if (outcome.kind === 'read') return outcome.sessions;
  throw new Error(outcome.kind === 'refused' ? outcome.reason : outcome.kind);
}

/** Both, once a message went each way. */
function talk(sides: Sides): Sides {
  const hello = write(sides.alice, true);
  const atBob = after(read(sides.bob, false, hello.message));
  const answer = write(atBob, false);
  return { alice: after(read(hello.sessions, true, answer.message)), bob: answer.sessions };
}

function idOf(session: Session | undefined): string | undefined {
  return session && Buffer.from(session.state.sessionId).toString('hex');
}

test('a session that we answered is for reading until something came by it', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);

  t.is(encryptFor(atBob, new Uint8Array(), writing(bob, alice, primitives)), undefined);
  const hello = write(atAlice, true);
  const confirmed = after(read(atBob, false, hello.message));
  t.is(idOf(confirmed.current), idOf(atAlice.current));
  t.deepEqual(confirmed.unconfirmed, []);
});

test('what one of the two wrote on the former session is read, and both come together again', (t) => {
  const first = talk(shake(STRANGERS));
  const late = write(first.bob, false, 'late');

  const second = shake({ alice: first.alice, bob: late.sessions });
  const read1 = read(second.alice, true, late.message);
  t.is(read1.kind === 'read' && Buffer.from(read1.plain).toString(), 'late');

  const { alice: atAlice, bob: atBob } = talk({ alice: after(read1), bob: second.bob });
  t.is(idOf(atAlice.current), idOf(atBob.current));
});

test('four older sessions and four unconfirmed ones are kept', (t) => {
  let sides = STRANGERS;
  for (let i = 0; i < 7; i++) sides = shake(sides);

  t.is(sides.alice.older.length, 4);
  t.is(sides.bob.unconfirmed.length, 4);
  t.is(idOf(sides.bob.unconfirmed[0]), idOf(sides.alice.current));
});

test('a message that is known again needs no cryptography', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const { message } = write(atAlice, true);
  const outcome = read(atBob, false, message);
  const known = outcome.kind === 'read' ? outcome.tag : '';

  const dh = new CountedDh(createNodeDh());
  const again = read(atBob, false, message, { dh, isKnown: (tag) => tag === known });

  t.is(known.length, 16);
  t.deepEqual(again, { kind: 'repeated', tag: known });
  t.is(dh.agreed, 0);
});

test('a message is refused for its reason', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const { message } = write(atAlice, true);
  const other = write(shake(STRANGERS).alice, true).message;
  const confirmed = after(read(atBob, false, message));

  t.deepEqual(read(atBob, false, other), { kind: 'refused', reason: 'no_session' });
  t.deepEqual(read(atBob, false, 'no message'), { kind: 'refused', reason: 'malformed' });
  t.deepEqual(read(confirmed, false, message), { kind: 'refused', reason: 'stale' });
});

test('what another session could cure is said, and nothing else', (t) => {
  t.deepEqual(
    (['no_session', 'stale', 'too_far', 'unsolicited', 'forged'] as const).map(troubleOf),
    ['nosession', 'stale', 'stale', 'stale', 'stale'],
  );
  t.deepEqual((['malformed', 'reflected', 'throttled', 'weak_key'] as const).map(troubleOf), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a peer’s last 256 handshakes are known again', (t) => {
  const keys = Array.from({ length: 300 }, (_, i) =>
    Uint8Array.from([...anyHs1.ephemeralKey, i & 255]),
  );
  const { bob: state } = meet(primitives);
  let sessions = NO_SESSIONS;
  for (const ephemeralKey of keys) {
    sessions = withAnswered(
      sessions,
      { ...anyHs1, ephemeralKey },
      { state, way: 'direct', nowMs: 0 },
    );
  }

  t.is(sessions.seenKeys.length, 256);
  t.is(sessions.seenKeys[0], keys.at(-1));
});

test('too old sessions, keys and attempts are dropped', (t) => {
  const minuteMs = 60_000;
  const { pending } = startHandshake(alice, { kind: 'unknown' }, ACCESS_KEY, primitives);
  const { bob: state } = meet(primitives);
  const talked = talk(shake(shake(STRANGERS)));
  const made = { state, way: 'relayed', nowMs: 0 } as const;
  const all = withAttempt(withAnswered(talked.bob, anyHs1, made), { pending, startedAt: 0 });
  const counts = (sessions: PeerSessions): readonly number[] => [
    sessions.older.length,
    sessions.unconfirmed.length,
    sessions.attempts.length,
  ];

  t.deepEqual(counts(withoutExpired(all, 10 * minuteMs - 1)), [0, 2, 1]);
  t.deepEqual(counts(withoutExpired(all, 10 * minuteMs)), [0, 1, 1]);
  t.deepEqual(counts(withoutExpired(all, 14 * 1440 * minuteMs)), [0, 0, 0]);
  t.is(withoutExpired(talked.alice, KEPT_MS - 1).older.length, 1);
  t.is(withoutExpired(talked.alice, KEPT_MS).older.length, 0);
  t.truthy(withoutExpired(talked.alice, KEPT_MS).current);
});

test('the key of an overtaken message is kept for thirty days', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const first = write(atAlice, true, 'first');
  const second = write(first.sessions, true, 'second');
  const sessions = after(read(atBob, false, second.message, { nowMs: 5 }));

  t.is(read(withoutExpired(sessions, 5 + KEPT_MS), false, first.message).kind, 'read');
  t.is(read(withoutExpired(sessions, 6 + KEPT_MS), false, first.message).kind, 'refused');
});

test('of all sessions’ overtaken messages 4,000 keys are kept, those of the oldest session go first', (t) => {
  const skipped = withSkipped(
    new Map(),
    Array.from({ length: 2000 }, (_, number) => ({
      ratchetKey: new Uint8Array(32),
      number,
      messageKey: new Uint8Array(32),
      at: 0,
    })),
  );
  const { alice: sessions } = shake(shake(shake(shake(STRANGERS))));
  const full = (session: Session): Session => ({
    ...session,
    state: { ...session.state, skipped },
  });
  const { current, older } = sessions;

  const limited = limitSkipped({
    ...sessions,
    current: current && full(current),
    older: older.map(full),
  });

  t.is(limited.current?.state.skipped.size, 2000);
  t.deepEqual(
    limited.older.map(({ state }) => state.skipped.size),
    [2000, 0, 0],
  );
});

test('a session is renewed by age, by use, and when one side alone has written', (t) => {
  const { alice: sessions } = talk(shake(STRANGERS));
  const { current } = sessions;
  const used = (change: Partial<Session>): PeerSessions => ({
    ...sessions,
    current: current && { ...current, ...change },
  });

  t.true(isRenewalDue(NO_SESSIONS, 0));
  t.false(isRenewalDue(sessions, RENEWED_ONE_SIDED_AFTER_MS - 1));
  t.true(isRenewalDue(used({ healedAt: 0 }), RENEWED_ONE_SIDED_AFTER_MS));
  t.false(isRenewalDue(used({ healedAt: RENEWED_AFTER_MS - 1 }), RENEWED_AFTER_MS - 1));
  t.true(isRenewalDue(used({ healedAt: RENEWED_AFTER_MS }), RENEWED_AFTER_MS));
  t.true(isRenewalDue(used({ messages: RENEWED_AFTER_MESSAGES }), 0));
});

test('a change of keys by the peer counts as healing', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const hello = write(atAlice, true);
  const again = write(hello.sessions, true);

  const first = after(read(atBob, false, hello.message, { nowMs: 50 }));
  const second = after(read(first, false, again.message, { nowMs: 90 }));

  t.is(first.current?.healedAt, 50);
  t.is(second.current?.healedAt, 50);
  t.is(second.current?.messages, 2);
});

test('two attempts past friends may be under way, and make way for a peer’s that goes first', (t) => {
  const attempts = Array.from({ length: 3 }, () =>
    startHandshake(alice, { kind: 'unknown' }, ACCESS_KEY, primitives),
  );
  let sessions = NO_SESSIONS;
  for (const { pending } of attempts) sessions = withAttempt(sessions, { pending, startedAt: 0 });
  const withKey = (byte: number): Hs1 => ({
    ...anyHs1,
    ephemeralKey: new Uint8Array(32).fill(byte),
  });

  t.is(sessions.attempts.length, 2);
  t.is(withoutAttempt(sessions, attempts[2]!.pending).attempts.length, 1);
  t.is(yieldTo(sessions, withKey(255)), undefined);
  t.true(goesFirst(attempts[2]!.pending, withKey(255)));
  t.deepEqual(yieldTo(sessions, withKey(0))?.attempts, []);
});

test('sessions come back from the disk as they were', (t) => {
  const { pending } = startHandshake(
    alice,
    { kind: 'named', fingerprint: bob.fingerprint },
    'ключ',
    primitives,
  );
  const { alice: talked } = talk(shake(shake(STRANGERS)));
  const first = write(talked, true);
  const second = write(shake(STRANGERS).alice, true);
  const all = withAttempt(first.sessions, { pending, startedAt: Date.UTC(2026, 10, 21) });

  for (const sessions of [NO_SESSIONS, all, second.sessions, shake(STRANGERS).bob]) {
    const bytes = encodeSessions(sessions);
    t.deepEqual(decodeSessions(bytes), sessions);
    t.deepEqual(encodeSessions(decodeSessions(bytes)), bytes);
  }
});

test('sessions with overtaken messages come back from the disk as they were', (t) => {
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const letters: string[] = [];
  let writer = atAlice;
  for (let i = 0; i < 5; i++) {
    const { sessions, message } = write(writer, true, String(i));
    writer = sessions;
    letters.push(message);
  }
  const gaps = [3, 1].reduce((sessions, i) => after(read(sessions, false, letters[i]!)), atBob);

  const restored = decodeSessions(encodeSessions(gaps));

  t.deepEqual(restored, gaps);
  t.is(restored.current?.state.skipped.size, 2);
  t.is(read(restored, false, letters[0]!).kind, 'read');
});

test('bytes that are no sessions are refused', (t) => {
  const { alice: sessions } = talk(shake(STRANGERS));
  const bytes = encodeSessions(sessions);
  const wrong = [
    new Uint8Array(),
    Uint8Array.of(2),
    Uint8Array.from([...bytes, 0]),
    bytes.map((byte, i) => (i === 1 ? 2 : byte)),
    ...Array.from({ length: bytes.length }, (_, size) => bytes.slice(0, size)),
  ];

  for (const one of wrong) t.throws(() => decodeSessions(one), { instanceOf: RangeError });
});

test('whatever byte on the disk is damaged, it is refused or stands for other sessions', (t) => {
  const { pending } = startHandshake(alice, { kind: 'unknown' }, 'ключ', primitives);
  const { alice: atAlice, bob: atBob } = shake(STRANGERS);
  const first = write(atAlice, true);
  const second = write(first.sessions, true);
  const gap = after(read(atBob, false, second.message));
  const bytes = encodeSessions(withAttempt(gap, { pending, startedAt: 1 }));

  for (const index of bytes.keys()) {
    for (const change of [1, 0x80, 0xff]) {
      const damaged = bytes.map((byte, i) => (i === index ? byte ^ change : byte));
      t.deepEqual(reencoded(damaged) ?? damaged, damaged, String(index));
    }
  }
});

/** The bytes once more, unless they are refused as they must be. */
function reencoded(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return encodeSessions(decodeSessions(bytes));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

test('a session in a state that it cannot be in is refused', (t) => {
  const { alice: sessions } = talk(shake(STRANGERS));
  const { current } = sessions;
  const impossible = [
    { own: undefined },
    { sending: undefined },
    { receiving: undefined },
    { peerKey: undefined, receiving: undefined },
    { peerKey: undefined },
    { own: undefined, sending: undefined, isStepDue: false },
  ];

  for (const change of impossible) {
    const state = current && { ...current.state, isStepDue: true, ...change };
    const bytes = encodeSessions({
      ...sessions,
      current: current && state && { ...current, state },
    });
    t.throws(() => decodeSessions(bytes), { instanceOf: RangeError }, JSON.stringify(change));
  }
});
