import test from 'ava';
import fc from 'fast-check';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import type { Waiting } from '../../daemon/domain/waiting.ts';
import { WaitingQueue } from '../../daemon/domain/waiting-queue.ts';

const CONTACT = 1;
/** Only whether there is one matters here. */
const TEXT = {} as unknown as StoredMessage;

function queueOf(count: number, frontMaxMessages?: number): WaitingQueue {
  const queue = new WaitingQueue(CONTACT, frontMaxMessages);
  for (let s = 1; s <= count; s++) queue.add(undeliveredAt(s));
  return queue;
}

function undeliveredAt(s: number) {
  return { s, state: 'queued' as const, sizeBytes: s, at: s };
}

function firstOf(waiting: Iterable<Waiting>, count: number): readonly Waiting[] {
  const first: Waiting[] = [];
  if (count === 0) return first;
  for (const one of waiting) if (first.push(one) === count) break;
  return first;
}

/** What may happen to a queue; numbers choose among those who are there. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), isKept: fc.boolean() }),
  fc.record({ kind: fc.constant('write' as const), isKept: fc.constant(false) }),
  fc.record({ kind: fc.constant('take' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('put back' as const) }),
  fc.record({ kind: fc.constant('defer' as const), which: fc.nat(4), byMs: fc.nat(50) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(30) }),
);

/** A queue with a short front, and when each message of it may be offered as far as a look at all would tell. */
class Watched {
  readonly queue = new WaitingQueue(CONTACT, 3);
  readonly due = new Map<number, number>();
  readonly #out: Waiting[] = [];
  #lastS = 0;
  nowMs = 0;

  get places(): readonly number[] {
    return [...this.due.keys()].sort((one, other) => one - other);
  }

  get ready(): readonly number[] {
    return this.places.filter((s) => (this.due.get(s) ?? 0) <= this.nowMs);
  }

  let(one: typeof happening extends fc.Arbitrary<infer Happening> ? Happening : never): void {
    switch (one.kind) {
      case 'write':
        this.queue.add(undeliveredAt(++this.#lastS), one.isKept ? TEXT : undefined);
        this.due.set(this.#lastS, 0);
        break;
      case 'take': {
        const taken = this.queue.take(this.places[one.which % this.places.length] ?? 0);
        if (taken === undefined) break;
        this.due.delete(taken.s);
        this.#out.push(taken);
        break;
      }
      case 'put back': {
        const back = this.#out.splice(0);
        this.queue.putBack(back);
        // Of what goes back far behind it is forgotten that it was to wait.
        for (const { s } of back) this.due.set(s, this.queue.get(s)?.notBeforeMs ?? 0);
        break;
      }
      case 'defer': {
        const offered = firstOf(this.queue.ready(this.nowMs), one.which);
        for (const waiting of [...offered, ...this.#out]) {
          this.queue.defer(waiting, this.nowMs + one.byMs);
          if (this.due.has(waiting.s)) this.due.set(waiting.s, waiting.notBeforeMs);
        }
        break;
      }
      case 'pass':
        this.nowMs += one.ms;
        break;
    }
  }
}

test('whatever happens to a queue, all of it is in order, and what may be offered is what is due', (t) => {
  const holds = fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
    const watched = new Watched();
    const { queue } = watched;

    for (const one of happenings) {
      watched.let(one);
      const { places, ready, nowMs } = watched;

      t.is(queue.size, places.length);
      t.true(places.every((s) => queue.has(s) && queue.get(s)?.s === s));
      t.deepEqual([...queue.queuedBefore(5)].sort(), places.filter((s) => s < 5).sort());
      t.deepEqual(
        firstOf(queue.ready(nowMs), 2).map(({ s }) => s),
        ready.slice(0, 2),
      );
      // It may be known no better than for one that was taken out since, but never for later than is true.
      const dueMs = queue.dueMs(nowMs) ?? Infinity;
      t.true(dueMs <= Math.max(0, Math.min(...watched.due.values())) || dueMs === 0);
      t.is(dueMs <= nowMs, ready.length > 0);
    }
    t.deepEqual(
      [...queue.ready(watched.nowMs)].map(({ s }) => s),
      watched.ready,
    );
    t.deepEqual(
      [...queue.all()].map(({ s, sizeBytes, at }) => [s, sizeBytes, at]),
      watched.places.map((s) => [s, s, s]),
    );
  });

  fc.assert(holds, { numRuns: 500 });
});

test('what waits for an acknowledgement is not gone through again for each request', (t) => {
  const queue = queueOf(1_000);
  const under = firstOf(queue.ready(0), 900);
  for (const one of under) queue.defer(one, 30_000);
  let looks = 0;
  for (const one of under) {
    Object.defineProperty(one, 'notBeforeMs', { get: () => ((looks += 1), 30_000) });
  }

  t.deepEqual(
    firstOf(queue.ready(0), 1).map(({ s }) => s),
    [901],
  );
  t.is(queue.dueMs(0), 0);
  t.is(looks, 0);
});

test('of what is far behind, hardly anything is in memory until it is its turn', (t) => {
  const queue = queueOf(5_000, 100);

  t.is([...queue.front()].length, 100);
  for (const { s } of firstOf(queue.ready(0), 200)) queue.take(s);
  t.is([...queue.front()].length, 0);
  t.is(queue.size, 4_800);
  t.is(queue.add(undeliveredAt(5_001), TEXT), undefined);
  t.deepEqual(
    [...queue.ready(0)].map(({ s }) => s),
    Array.from({ length: 4_801 }, (_, index) => 201 + index),
  );
});

test('who remembers a message that was taken out and waits again does not bring the former one back', (t) => {
  const queue = queueOf(2);
  const former = queue.take(1);
  if (former === undefined) return t.fail();
  const again = queue.add(undeliveredAt(1), TEXT);

  queue.defer(former, 0);

  t.is(queue.get(1), again);
  t.is(queue.take(1), again);
});

test('what waits again is not lost among what is far behind', (t) => {
  const queue = queueOf(6, 3);
  const [again] = firstOf(queue.ready(0), 1);
  if (again === undefined) return t.fail();

  queue.take(again.s);
  queue.add(undeliveredAt(again.s));

  t.deepEqual(
    [...queue.ready(0)].map(({ s }) => s),
    [2, 3, 1, 4, 5, 6],
  );
});
