import test from 'ava';
import fc from 'fast-check';
import { toWaiting, type Waiting } from '../../daemon/domain/waiting.ts';
import { WaitingQueue } from '../../daemon/domain/waiting-queue.ts';

function waitingAt(s: number): Waiting {
  return toWaiting({ conversation: 1, s, state: 'queued', sizeBytes: 1, at: 0 });
}

/** What may happen to a queue; numbers choose among those who are there. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('write' as const) }),
  fc.record({ kind: fc.constant('take' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('put back' as const) }),
  fc.record({ kind: fc.constant('defer' as const), which: fc.nat(), byMs: fc.nat(50) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(30) }),
);

test('whatever happens to a queue, all of it is in order, and what may be offered is what is due', (t) => {
  const holds = fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
    const queue = new WaitingQueue();
    const present: Waiting[] = [];
    let out: Waiting[] = [];
    let lastS = 0;
    let nowMs = 0;

    for (const one of happenings) {
      const chosen = 'which' in one ? present[one.which % present.length] : undefined;
      if (one.kind === 'write') {
        present.push(waitingAt(++lastS));
        queue.add(present.at(-1) ?? waitingAt(0));
      } else if (one.kind === 'take' && chosen !== undefined) {
        t.is(queue.take(chosen.s), chosen);
        t.is(queue.take(chosen.s), undefined);
        present.splice(present.indexOf(chosen), 1);
        out.push(chosen);
      } else if (one.kind === 'put back') {
        queue.putBack(out);
        present.push(...out);
        out = [];
      } else if (one.kind === 'defer') {
        for (const deferred of [chosen, out[0]]) {
          if (deferred !== undefined) queue.defer(deferred, nowMs + one.byMs);
        }
      } else if (one.kind === 'pass') nowMs += one.ms;
      present.sort((first, second) => first.s - second.s);

      t.is(queue.size, present.length);
      t.deepEqual([...queue.all()], present);
      const due = present.filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
      const dueMs = queue.dueMs(nowMs) ?? Infinity;
      t.deepEqual([...queue.ready(nowMs)], due);
      // It may be known no better than for one that was taken out since, but never for later than is true.
      t.true(dueMs <= Math.min(...present.map(({ notBeforeMs }) => notBeforeMs)) || dueMs === 0);
      t.is(dueMs <= nowMs, due.length > 0);
    }
  });

  fc.assert(holds);
});

test('what waits for an acknowledgement is not gone through again for each request', (t) => {
  const queue = new WaitingQueue();
  const waiting = Array.from({ length: 1_000 }, (_, index) => waitingAt(index + 1));
  for (const one of waiting) queue.add(one);
  for (const one of waiting.slice(0, 900)) queue.defer(one, 30_000);
  let looks = 0;
  for (const one of waiting.slice(0, 900)) {
    Object.defineProperty(one, 'notBeforeMs', { get: () => ((looks += 1), 30_000) });
  }

  t.is([...queue.ready(0)][0]?.s, 901);
  t.is(queue.dueMs(0), 0);
  t.is(looks, 0);
});
