import test from 'ava';
import { LoopLagMeter } from '../../daemon/http/loop-lag.ts';

/** A loop whose timers fire when the test says so. */
class FakeLoop {
  nowMs = 0;
  #timers: (() => void)[] = [];

  readonly monotonicMs = (): number => this.nowMs;
  readonly after = (_: number, run: () => void): void => void this.#timers.push(run);

  get timers(): number {
    return this.#timers.length;
  }

  fireAt(nowMs: number): void {
    this.nowMs = nowMs;
    for (const run of this.#timers.splice(0)) run();
  }
}

test('a loop that keeps its times has no lag', (t) => {
  const loop = new FakeLoop();
  const lag = new LoopLagMeter(loop);

  t.is(lag.ms, 0);
  loop.fireAt(100);
  t.is(lag.ms, 0);
});

test('a timer that fires late is the lag until the next one', (t) => {
  const loop = new FakeLoop();
  const lag = new LoopLagMeter(loop);
  t.is(lag.ms, 0);

  loop.fireAt(350);
  t.is(lag.ms, 250);
  loop.fireAt(450);
  t.is(lag.ms, 0);
});

test('a turn that lasts shows before any timer has fired', (t) => {
  const loop = new FakeLoop();
  const lag = new LoopLagMeter(loop);
  t.is(lag.ms, 0);

  loop.nowMs = 400;

  t.is(lag.ms, 300);
});

test('when nobody asks any more, the loop is left alone', (t) => {
  const loop = new FakeLoop();
  const lag = new LoopLagMeter(loop);
  t.is(loop.timers, 0);
  t.is(lag.ms, 0);
  t.is(loop.timers, 1);

  loop.fireAt(1_000);

  t.is(loop.timers, 0);
  t.is(lag.ms, 0);
  t.is(loop.timers, 1);
});

test('a real loop that is held up shows it', (t) => {
  const lag = new LoopLagMeter();
  t.is(lag.ms, 0);

  const untilMs = performance.now() + 250;
  while (performance.now() < untilMs);

  t.true(lag.ms > 100);
});
