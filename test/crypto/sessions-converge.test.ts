import test from 'ava';
import fc from 'fast-check';
import {
  answerHandshake,
  finishHandshake,
  goesFirst,
  startHandshake,
  type PendingHandshake,
  type PinnedPeer,
} from '../../daemon/crypto/handshake.ts';
import type { Identity } from '../../daemon/crypto/identity.ts';
import { decodeSessions, encodeSessions } from '../../daemon/crypto/session-bytes.ts';
import {
  decryptFrom,
  encryptFor,
  NO_SESSIONS,
  withAnswered,
  withFinished,
  type PeerSessions,
} from '../../daemon/crypto/sessions.ts';
import type { E2eAnswer, Hs1 } from '../../daemon/wire/e2e.ts';
import { ACCESS_KEY, alice, bob, IS_LONG, openPrimitives, reading, writing } from './pair.ts';

const RUNS = IS_LONG ? 5_000 : 50;
const SEED = 20_261_121;

type Letter = Readonly<
  | { kind: 'hs1'; to: Side; pending: PendingHandshake; hs1: Hs1 }
  | { kind: 'answer'; to: Side; pending: PendingHandshake; answer: E2eAnswer | undefined }
  | { kind: 'message'; to: Side; text: string; message: string }
>;
type Side = 'alice' | 'bob';

const OTHER = { alice: 'bob', bob: 'alice' } as const;

/** One of two contacts, as a daemon would use the sessions: it has at most one attempt at a time. */
class End {
  readonly #me: Identity;
  readonly #peer: Identity;
  readonly #primitives;
  sessions: PeerSessions = NO_SESSIONS;
  pending: PendingHandshake | undefined;
  #pinned: PinnedPeer | undefined;
  #hasRead = false;
  readonly read = new Set<string>();

  constructor(me: Identity, peer: Identity) {
    this.#me = me;
    this.#peer = peer;
    this.#primitives = openPrimitives(`end ${Buffer.from(me.id).toString('hex')}`);
  }

  start(): Readonly<{ hs1: Hs1; pending: PendingHandshake }> {
    const addressee = this.#pinned
      ? ({ kind: 'pinned', peer: this.#pinned } as const)
      : ({ kind: 'unknown' } as const);
    const attempt = startHandshake(this.#me, addressee, ACCESS_KEY, this.#primitives);
    this.pending = attempt.pending;
    return attempt;
  }

  answer(hs1: Hs1): E2eAnswer | undefined {
    if (this.pending !== undefined && goesFirst(this.pending, hs1)) {
      return { kind: 'trouble', trouble: 'busy' };
    }
    this.pending = undefined;
    const { seenKeys } = this.sessions;
    const caller = {
      accessKey: ACCESS_KEY,
      pinned: this.#pinned,
      isMacRequired: this.#hasRead,
      seenKeys,
    };
    const answered = answerHandshake(this.#me, hs1, caller, this.#primitives);
    if (answered.kind === 'refused') {
      // An attempt from before the two had met, late: it has no MAC, and is over anyway.
      if (answered.reason !== 'forged' || hs1.mac !== undefined) throw new Error(answered.reason);
      return undefined;
    }
    this.#pinned = answered.peer;
    const made = { state: answered.state, way: 'direct', nowMs: 0 } as const;
    this.sessions = withAnswered(this.sessions, hs1, made);
    return { kind: 'hs2', hs2: answered.hs2 };
  }

  /** Whether there is a session to say hello on. */
  finish(pending: PendingHandshake, answer: E2eAnswer | undefined): boolean {
    if (this.pending !== pending) return false;
    this.pending = undefined;
    if (answer?.kind !== 'hs2') return false;
    const context = { pinned: this.#pinned, dh: this.#primitives.dh };
    const finished = finishHandshake(this.#me, pending, answer.hs2, context);
    if (finished.kind === 'refused') throw new Error(finished.reason);
    this.#pinned = finished.peer;
    this.sessions = withFinished(this.sessions, { state: finished.state, way: 'direct', nowMs: 0 });
    return true;
  }

  write(text: string): string | undefined {
    const context = writing(this.#me, this.#peer, this.#primitives);
    const written = encryptFor(this.sessions, Buffer.from(text), context);
    if (written !== undefined) this.sessions = written.sessions;
    return written?.message;
  }

  /** Whether the message was read. */
  receive(message: string, text: string): boolean {
    const context = { ...reading(this.#me, this.#peer, this.#primitives), isKnown: () => false };
    const outcome = decryptFrom(this.sessions, message, context);
    if (outcome.kind !== 'read') return false;
    if (this.read.has(text)) throw new Error(`${text} was read twice`);
    if (Buffer.from(outcome.plain).toString() !== text) throw new Error('another text');
    this.read.add(text);
    this.#hasRead = true;
    this.sessions = outcome.sessions;
    return true;
  }

  restart(): void {
    this.sessions = decodeSessions(encodeSessions(this.sessions));
    this.pending = undefined;
  }

  get current(): string | undefined {
    const { current } = this.sessions;
    return current && Buffer.from(current.state.sessionId).toString('hex');
  }
}

/** Two ends, and everything that is on its way between them. */
class Link {
  readonly #ends = { alice: new End(alice, bob), bob: new End(bob, alice) };
  readonly #waiting: Letter[] = [];
  #written = 0;

  start(side: Side): void {
    const end = this.#ends[side];
    if (end.pending !== undefined) return;
    this.#waiting.push({ kind: 'hs1', to: OTHER[side], ...end.start() });
  }

  write(side: Side): void {
    const text = String(this.#written++);
    const message = this.#ends[side].write(text);
    if (message !== undefined)
      this.#waiting.push({ kind: 'message', to: OTHER[side], text, message });
  }

  restart(side: Side): void {
    this.#ends[side].restart();
  }

  deliver(index: number): boolean {
    const letter = this.#take(index);
    if (letter === undefined) return false;
    const end = this.#ends[letter.to];
    switch (letter.kind) {
      case 'hs1':
        this.#waiting.push({
          kind: 'answer',
          to: OTHER[letter.to],
          pending: letter.pending,
          answer: end.answer(letter.hs1),
        });
        break;
      case 'answer':
        if (end.finish(letter.pending, letter.answer)) this.write(letter.to);
        break;
      case 'message':
        end.receive(letter.message, letter.text);
        break;
      default:
        letter satisfies never;
    }
    return true;
  }

  /** A request or an answer that is lost ends the attempt: its caller waits for no longer than a timeout. */
  lose(index: number): void {
    const letter = this.#take(index);
    if (letter === undefined || letter.kind === 'message') return;
    const caller = this.#ends[letter.kind === 'hs1' ? OTHER[letter.to] : letter.to];
    if (caller.pending === letter.pending) caller.pending = undefined;
  }

  /** Lets everything arrive, and both try until they can talk. Says on which session each writes then. */
  settle(): readonly (string | undefined)[] {
    this.#deliverAll();
    for (const side of ['alice', 'bob'] as const) {
      if (!this.#canReach(side)) {
        this.start(side);
        this.#deliverAll();
      }
    }
    for (const side of ['alice', 'bob', 'alice'] as const) {
      if (!this.#canReach(side)) throw new Error(`${side} cannot be read`);
    }
    return [this.#ends.alice.current, this.#ends.bob.current];
  }

  #canReach(side: Side): boolean {
    const { read } = this.#ends[OTHER[side]];
    const before = read.size;
    this.write(side);
    this.#deliverAll();
    return read.size > before;
  }

  #deliverAll(): void {
    while (this.deliver(0));
  }

  #take(index: number): Letter | undefined {
    return this.#waiting.splice(index % (this.#waiting.length || 1), 1)[0];
  }
}

test('row 7: two who call each other at once come to one session', (t) => {
  const link = new Link();

  link.start('alice');
  link.start('bob');
  const [atAlice, atBob] = link.settle();

  t.truthy(atAlice);
  t.is(atAlice, atBob);
});

const side = fc.constantFrom<Side>('alice', 'bob');
const index = fc.nat(1000);
const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.tuple(fc.constant('start' as const), side) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('write' as const), side) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('restart' as const), side) },
    { weight: 6, arbitrary: fc.tuple(fc.constant('deliver' as const), index) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('lose' as const), index) },
  ),
  { maxLength: 60, size: 'max' },
);

type Step = readonly ['start' | 'write' | 'restart', Side] | readonly ['deliver' | 'lose', number];

function run(link: Link, step: Step): void {
  switch (step[0]) {
    case 'deliver':
      link.deliver(step[1]);
      break;
    case 'lose':
      link.lose(step[1]);
      break;
    default:
      link[step[0]](step[1]);
  }
}

test('row 7: whatever becomes of their handshakes, two come to one session in the end', (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  fc.assert(
    fc.property(steps, (taken) => {
      const link = new Link();
      for (const step of taken) run(link, step);
      const [atAlice, atBob] = link.settle();
      return atAlice !== undefined && atAlice === atBob;
    }),
    { numRuns: RUNS, seed: SEED },
  );
  t.pass();
});
