/** Whoever edits what, whenever lines break, and whatever arrives late: all end equal, and nothing counts twice or not at all. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { JsonValue } from '../../daemon/wire/topic.ts';
import type { ListTopic, StringTopic } from '../../gui/client/sequence-topic.ts';
import { createFarHub, type FarClient } from '../helpers/far-hub.ts';

const TOPIC = 'board';
const CLIENTS = 3;
const RUNS = 120;
const SEED = 20_261_121;

type Step = Readonly<{ who: number; what: string; where: number; size: number }>;

const steps = fc.array(
  fc.record({
    who: fc.nat(CLIENTS - 1),
    what: fc.constantFrom(
      ...['insert', 'insert', 'remove', 'arrive', 'arrive', 'arrive'],
      ...['hear', 'hear', 'hear', 'hear', 'cut', 'lose', 'come', 'late'],
    ),
    where: fc.nat(1000),
    size: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 100 },
);

/** What a run did: what was put in, what was taken out, and what was refused of it. */
type Done = { put: string[]; taken: string[]; refused: string[] };

/** Plays what happens to the lines. */
async function playLine({ lines, comeBack }: FarClient, { what, where }: Step): Promise<void> {
  const line = lines.at(-1);
  if (what === 'arrive') line?.arrive();
  else if (what === 'hear') line?.hear();
  else if (what === 'cut') line?.cut(false);
  else if (what === 'lose') line?.cut(true);
  else if (what === 'come') await comeBack();
  // Something that was sent on an older line arrives after all.
  else if (what === 'late') lines[where % lines.length]?.arrive();
}

/** Brings everybody back, and lets everything arrive. */
async function settleAll(clients: readonly FarClient[], drain: () => void): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const { comeBack } of clients) await comeBack();
    drain();
  }
}

async function play(
  t: ExecutionContext,
  run: readonly Step[],
  edit: (topicOf: FarClient, step: Step, done: Done, nextUnit: () => string) => void,
): Promise<Readonly<{ clients: readonly FarClient[]; done: Done }>> {
  const { come, drain, defects } = createFarHub();
  // Somebody whose line holds, so that the topic lives.
  const anchor = await come();
  const clients = [anchor, await come(), await come()];
  const done: Done = { put: [], taken: [], refused: [] };
  let next = 0x4e00;
  for (const client of clients) edit(client, { who: 0, what: '', where: 0, size: 0 }, done, String);
  drain(clients);
  for (const step of run) {
    const client = clients[step.who]!;
    if (client === anchor && ['cut', 'lose'].includes(step.what)) continue;
    edit(client, step, done, () => String.fromCodePoint(next++));
    await playLine(client, step);
  }
  await settleAll(clients, () => drain(clients));
  t.deepEqual(defects, []);
  return { clients, done };
}

function editText({ client }: FarClient, step: Step, done: Done, nextUnit: () => string): void {
  const topic = client.topic(TOPIC, 'string');
  const { value } = topic;
  const position = step.where % (value.length + 1);
  if (step.what === 'insert') {
    const text = Array.from({ length: step.size }, nextUnit).join('');
    done.put.push(...Array.from(text));
    note(topic.insert(position, text), Array.from(text), done);
  } else if (step.what === 'remove' && position < value.length) {
    const text = value.slice(position, position + step.size);
    done.taken.push(...Array.from(text));
    note(topic.delete(position, text.length), [], done);
  }
}

function editList({ client }: FarClient, step: Step, done: Done, nextUnit: () => string): void {
  const topic = client.topic(TOPIC, 'list');
  const position = step.where % (topic.value.length + 1);
  const item = topic.value[position];
  if (step.what === 'insert') {
    const items = Array.from({ length: 1 + (step.size % 2) }, nextUnit);
    done.put.push(...items);
    note(topic.insert(position, ...items), items, done);
  } else if (step.what === 'remove' && typeof item === 'string') {
    done.taken.push(item);
    note(topic.remove(position), [], done);
  }
}

function note(work: Promise<void>, units: readonly string[], done: Done): void {
  work.catch(() => done.refused.push(...units));
}

const converges = test.macro({
  async exec(t, type: 'string' | 'list') {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const { clients, done } = await play(t, run, type === 'string' ? editText : editList);

        const topics: readonly (StringTopic | ListTopic)[] = clients.map(({ client }) =>
          client.topic(TOPIC, type),
        );
        const values = topics.map(({ value }) => Array.from<JsonValue>(value));
        for (const value of values) t.deepEqual(value, values[0]);
        for (const { unsettled } of topics) t.is(unsettled, undefined);
        t.deepEqual(done.refused, []);
        const gone = new Set(done.taken);
        t.deepEqual(values[0]?.toSorted(), done.put.filter((unit) => !gone.has(unit)).sort());
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  title: (_, type: string) =>
    `a ${type} that several edit over breaking lines: all end equal, and all is there once`,
});
test(converges, 'string');
test(converges, 'list');

test('what several count over breaking lines is counted once', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      let [wanted, uncertain] = [0, 0];
      const { clients } = await play(t, run, ({ client }, { what, size }) => {
        const topic = client.topic('count', 'int');
        if (what !== 'insert') return;
        wanted += size;
        topic.add(size).catch(() => (uncertain += size));
      });

      const values = clients.map(({ client }) => client.topic('count', 'int').value);
      t.deepEqual(values, [wanted, wanted, wanted]);
      t.is(uncertain, 0);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});
