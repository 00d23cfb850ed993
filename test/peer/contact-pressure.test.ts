import test from 'ava';
import { ContactPressure, UNWRITTEN_MAX_BYTES } from '../../daemon/peer/contact-pressure.ts';
import { RequestError } from '../../daemon/http/request-error.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { BOB, CAROL } from '../helpers/peer-world.ts';

function start() {
  const clock = new FakeClock();
  const lag = { ms: 0 };
  return { clock, lag, pressure: new ContactPressure({ clock, lag }) };
}

/** Work that ends when it is told to. */
function openEnded() {
  let finish: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (finish = resolve));
  return { store: () => end, finish };
}

test('there is no rate for contacts: whatever comes is stored at once', async (t) => {
  const { pressure } = start();

  const stored = Array.from({ length: 1000 }, (_, i) =>
    pressure.run(BOB, 1000, () => Promise.resolve(i)),
  );

  t.is((await Promise.all(stored)).length, 1000);
});

test('who has more than 4 MiB unwritten waits until the disk keeps up; the others go on', async (t) => {
  const { pressure, clock } = start();
  const slow = openEnded();
  const first = pressure.run(BOB, UNWRITTEN_MAX_BYTES + 1, slow.store);
  await clock.pass(0);
  const done: string[] = [];

  const second = pressure.run(BOB, 10, async () => void done.push('bob'));
  await pressure.run(CAROL, 10, async () => void done.push('carol'));
  await clock.pass(1_000);
  t.deepEqual(done, ['carol']);

  slow.finish();
  await first;
  await clock.pass(100);
  await second;
  t.deepEqual(done, ['carol', 'bob']);
});

test('who waited 2 s is asked to come again', async (t) => {
  const { pressure, clock, lag } = start();
  lag.ms = 101;
  const waiting = t.throwsAsync(
    pressure.run(BOB, 10, () => Promise.reject(new Error('it was stored'))),
    { instanceOf: RequestError },
  );

  await clock.pass(2_100);

  const error = await waiting;
  t.is(error.code, 'too_many_requests');
  t.deepEqual(error.headers, { 'Retry-After': '1' });
});

test('what could not be stored does not count for ever', async (t) => {
  const { pressure } = start();
  const failing = (): Promise<never> => Promise.reject(new Error('full'));

  await t.throwsAsync(pressure.run(BOB, UNWRITTEN_MAX_BYTES + 1, failing), { message: 'full' });

  t.is(await pressure.run(BOB, 1, () => Promise.resolve('stored')), 'stored');
});
