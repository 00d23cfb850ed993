import test from 'ava';
import {
  OUTGOING_DOUBTFUL_MAX,
  OUTGOING_MAX,
  OutgoingSlots,
  WAITING_MAX,
  WAITING_MAX_BYTES,
} from '../../daemon/peer/outgoing-slots.ts';
import { settle } from '../helpers/fake-clock.ts';

/** Exchanges that hang until they are told to end. */
function hangingExchanges(slots: OutgoingSlots) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, isDoubtful: boolean): void => {
    void slots.run({ isDoubtful, sizeBytes: 100 }, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  };
  return { started, run, end: (name: string) => ends.get(name)?.() };
}

test('peers who are probably away can not take all places', async (t) => {
  const { started, run, end } = hangingExchanges(new OutgoingSlots());
  for (let i = 0; i < 100; i++) run(`away ${i}`, true);
  await settle();
  t.is(started.length, OUTGOING_DOUBTFUL_MAX);

  run('here', false);
  await settle();
  t.is(started.at(-1), 'here');

  end('away 3');
  await settle();
  t.is(started.at(-1), `away ${OUTGOING_DOUBTFUL_MAX}`);
});

test('there are never more exchanges than places, and those who are there come first', async (t) => {
  const { started, run, end } = hangingExchanges(new OutgoingSlots());
  for (let i = 0; i < OUTGOING_MAX; i++) run(`here ${i}`, false);
  run('away', true);
  run('one more', false);
  await settle();
  t.is(started.length, OUTGOING_MAX);

  end('here 0');
  await settle();
  t.is(started.at(-1), 'one more');
  end('here 1');
  await settle();
  t.is(started.at(-1), 'away');
});

test('what would wait too long, by number or by size, is not kept', async (t) => {
  const slots = new OutgoingSlots();
  const { started, run, end } = hangingExchanges(slots);
  for (let i = 0; i < OUTGOING_MAX; i++) run(`here ${i}`, false);
  const ask = (sizeBytes: number): Promise<string | undefined> =>
    slots.run({ isDoubtful: false, sizeBytes }, () => Promise.resolve('done'));

  const fitting = ask(WAITING_MAX_BYTES);
  t.is(await ask(1), undefined);
  end('here 0');
  t.is(await fitting, 'done');

  const many = Array.from({ length: WAITING_MAX }, () => ask(0));
  await settle();
  t.is(started.length, OUTGOING_MAX);
  end('here 1');
  t.deepEqual(new Set(await Promise.all(many)), new Set(['done']));
});
