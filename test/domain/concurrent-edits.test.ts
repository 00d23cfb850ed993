/** docs/topics.md#editing-at-the-same-time: whoever edits what, and whenever he hears of the others, all end equal. */
import { deepStrictEqual } from 'node:assert';
import test from 'ava';
import fc from 'fast-check';
import { HISTORY_MAX_EDITS } from '../../daemon/domain/edit-history.ts';
import type { Validate, Verdict } from '../../daemon/domain/topic-validation.ts';
import { EMPTY_VALUES } from '../../daemon/domain/topic-values.ts';
import type { TopicClient } from '../../daemon/domain/topic.ts';
import { TopicHub } from '../../daemon/domain/topics.ts';
import type { JsonObject, JsonValue, ServerFrame } from '../../daemon/wire/topic.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';

const TOPIC = 'board';
const CLIENTS = 4;
const RUNS = 500;
const JUDGED_RUNS = 100;
const SEED = 20_261_121;
type Sequence = 'string' | 'list';

/** A client at the far end of a slow line: what it sends and what it hears take their time. */
class FarClient implements TopicClient {
  readonly id: string;
  readonly #hub: TopicHub;
  readonly #value;
  readonly #incoming: ServerFrame[] = [];
  #underWay: JsonObject | undefined;
  /** The change that is sent and not answered. */
  #unanswered: JsonObject | undefined;
  #version = 0;
  readonly accepted: JsonObject[] = [];
  readonly rejected: JsonObject[] = [];

  constructor(id: string, hub: TopicHub, type: Sequence) {
    this.id = id;
    this.#hub = hub;
    this.#value = EMPTY_VALUES[type]();
    hub.join(this);
    hub.handle(this, { type: 'subscribe', topic: TOPIC, topicType: type });
  }

  receive(frame: ServerFrame): void {
    this.#incoming.push(frame);
  }

  get current(): string | readonly JsonValue[] {
    return this.#value.snapshot().value as string | readonly JsonValue[];
  }

  get isQuiet(): boolean {
    return this.#incoming.length === 0 && this.#underWay === undefined;
  }

  /** Sends an edit of what it sees, unless one is not answered yet. */
  edit(change: JsonObject): void {
    if (this.#unanswered !== undefined) return;
    this.#unanswered = change;
    this.#underWay = { ...change, base: this.#version };
  }

  /** What it sent arrives. */
  arrive(): void {
    const change = this.#underWay;
    this.#underWay = undefined;
    if (change !== undefined) this.#hub.handle(this, { type: 'update', topic: TOPIC, change });
  }

  /** It hears the next thing. */
  hear(): void {
    const frame = this.#incoming.shift();
    const sent = this.#unanswered;
    if (frame?.type === 'reject_update' && sent !== undefined) {
      this.rejected.push(sent);
      this.#unanswered = undefined;
    }
    if (frame?.type !== 'update') return;
    this.#value.apply(frame.change as JsonObject);
    this.#version = frame.version ?? 0;
    if (sent === undefined || frame.change.id !== sent['id']) return;
    this.accepted.push(sent);
    this.#unanswered = undefined;
  }
}

function hubOf(t: { fail: (text: string) => void }, validate?: Validate): TopicHub {
  let made = 0;
  return new TopicHub({
    clock: new FakeClock(),
    createId: () => `daemon-${++made}`,
    onDefect: (error) => t.fail(String(error)),
    ...(validate && { validate }),
  });
}

type Step = Readonly<{ who: number; what: string; where: number; size: number }>;

/** What happens next: an edit of one client, or something of it arrives, or it hears something. */
const steps = fc.array(
  fc.record({
    who: fc.nat(CLIENTS - 1),
    what: fc.constantFrom('insert', 'insert', 'remove', 'arrive', 'arrive', 'hear', 'hear', 'hear'),
    where: fc.nat(1000),
    size: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 120 },
);

/** Items that occur once in a whole run, so that each can be followed. */
function uniqueItems(): (count: number) => readonly string[] {
  let next = 0x4e00;
  return (count) => Array.from({ length: count }, () => String.fromCodePoint(next++));
}

function drain(clients: readonly FarClient[]): void {
  while (clients.some(({ isQuiet }) => !isQuiet)) {
    for (const client of clients) {
      client.arrive();
      client.hear();
    }
  }
}

/** Plays a run, and gives what was accepted and what all see in the end. */
function play(t: { fail: (text: string) => void }, type: Sequence, run: readonly Step[]) {
  const hub = hubOf(t);
  const clients = Array.from({ length: CLIENTS }, (_, at) => new FarClient(`c${at}`, hub, type));
  for (const client of clients) drain([client]);
  const items = uniqueItems();
  for (const [at, step] of run.entries()) take(clients[step.who]!, type, { ...step, at, items });
  drain(clients);
  return { clients, hub };
}

/** One step of one client. */
function take(
  client: FarClient,
  type: Sequence,
  {
    what,
    where,
    size,
    at,
    items,
  }: Step & Readonly<{ at: number; items: (count: number) => readonly string[] }>,
): void {
  const position = where % (client.current.length + 1);
  const id = `${client.id}-${at}`;
  if (what === 'arrive') client.arrive();
  else if (what === 'hear') client.hear();
  else if (what === 'insert') client.edit({ ...inserted(type, items(size)), position, id });
  else if (position < client.current.length) {
    client.edit({ ...removed(client.current, position, size), position, id });
  }
}

/** The same with somebody who judges each change, now and then against it, and takes as long as he likes. */
async function playJudged(
  t: { fail: (text: string) => void },
  type: Sequence,
  run: readonly Step[],
): Promise<readonly FarClient[]> {
  const asked: ((verdict: Verdict) => void)[] = [];
  const hub = hubOf(t, () => new Promise((resolve) => asked.push(resolve)));
  const clients = Array.from({ length: CLIENTS }, (_, at) => new FarClient(`c${at}`, hub, type));
  const items = uniqueItems();
  const judge = async (verdict: Verdict): Promise<void> => {
    asked.shift()?.(verdict);
    await settle();
  };
  drain(clients);
  for (const [at, step] of run.entries()) {
    take(clients[step.who]!, type, { ...step, at, items });
    if (step.size > 2) await judge(step.where % 3 > 0 || { reason: 'not now' });
  }
  do {
    drain(clients);
    await judge(true);
  } while (asked.length > 0 || clients.some(({ isQuiet }) => !isQuiet));
  return clients;
}

/** Everybody sees the same: what was put in by changes that were accepted, and not taken out by others that were. */
function agree(clients: readonly FarClient[]): void {
  const [{ current } = { current: '' }] = clients;
  for (const client of clients) deepStrictEqual(client.current, current);
  const accepted = clients.flatMap((client) => client.accepted);
  const gone = new Set(accepted.flatMap((change) => itemsOf(change, 'deletion', 'was')));
  const put = accepted.flatMap((change) => itemsOf(change, 'insertion', 'item'));
  const left = put.filter((one) => !gone.has(one));
  deepStrictEqual(Array.from<JsonValue>(current).sort(), left.sort());
}

function inserted(type: Sequence, items: readonly string[]): JsonObject {
  return type === 'string'
    ? { type: 'insert', insertion: items.join('') }
    : { type: 'insert', item: items[0]! };
}

function removed(value: string | readonly JsonValue[], at: number, size: number): JsonObject {
  return typeof value === 'string'
    ? { type: 'delete', deletion: value.slice(at, at + size) }
    : { type: 'pop', was: value[at]! };
}

/** The single items that a change is about. */
function itemsOf(change: JsonObject, ...members: readonly string[]): readonly string[] {
  return members.flatMap((member) => {
    const value = change[member];
    return typeof value === 'string' ? Array.from(value) : [];
  });
}

const converges = test.macro({
  exec(t, type: Sequence) {
    fc.assert(
      fc.property(steps, (run) => {
        const { clients } = play(t, type, run);
        agree(clients);
        const rejected = clients.flatMap((client) => client.rejected);
        // Two may take the same item; nothing else can fail.
        return rejected.every(
          (change) =>
            change['type'] === 'pop' &&
            itemsOf(change, 'was').every((one) => !clients[0]!.current.includes(one)),
        );
      }),
      { numRuns: RUNS, seed: SEED },
    );
    t.pass();
  },
  title: (_, type: Sequence) =>
    `any interleaving of edits of a ${type}: all end equal, and nothing accepted is lost`,
});
test(converges, 'string');
test(converges, 'list');

const convergesJudged = test.macro({
  async exec(t, type: Sequence) {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => agree(await playJudged(t, type, run))),
      { numRuns: JUDGED_RUNS, seed: SEED },
    );
    t.pass();
  },
  title: (_, type: Sequence) =>
    `any interleaving of edits of a ${type} that are judged, some rejected: all end equal`,
});
test(convergesJudged, 'string');
test(convergesJudged, 'list');

test('what somebody writes into a text that another deletes meanwhile stays', (t) => {
  const hub = hubOf(t);
  const [ann, bob] = [new FarClient('ann', hub, 'string'), new FarClient('bob', hub, 'string')];
  ann.edit({ type: 'set', value: 'hello world', id: 'a' });
  drain([ann, bob]);

  ann.edit({ type: 'delete', position: 2, deletion: 'llo wor', id: 'b' });
  bob.edit({ type: 'insert', position: 5, insertion: '!', id: 'c' });
  bob.arrive();
  drain([ann, bob]);

  t.is(ann.current, 'he!ld');
  t.is(bob.current, ann.current);
  t.deepEqual(ann.rejected, []);
});

test('of two who delete overlapping parts each takes what is left', (t) => {
  const hub = hubOf(t);
  const [ann, bob] = [new FarClient('ann', hub, 'string'), new FarClient('bob', hub, 'string')];
  ann.edit({ type: 'set', value: 'abcdef', id: 'a' });
  drain([ann, bob]);

  ann.edit({ type: 'delete', position: 1, deletion: 'bcd', id: 'b' });
  bob.edit({ type: 'delete', position: 2, deletion: 'cde', id: 'c' });
  drain([ann, bob]);

  t.is(ann.current, 'af');
  t.is(bob.current, 'af');
});

const overlapping: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['in the middle', { position: 1, deletion: 'bc' }, { position: 0, deletion: 'abcd' }],
  ['at the beginning', { position: 0, deletion: 'a' }, { position: 0, deletion: 'abcd' }],
  ['at the end', { position: 3, deletion: 'd' }, { position: 0, deletion: 'abcd' }],
  ['all of it', { position: 0, deletion: 'abcd' }, { position: 1, deletion: 'bc' }],
];
for (const [where, earlier, later] of overlapping) {
  test(`a delete of what another has taken a part of, ${where}, takes the rest`, (t) => {
    const hub = hubOf(t);
    const [ann, bob] = [new FarClient('ann', hub, 'string'), new FarClient('bob', hub, 'string')];
    ann.edit({ type: 'set', value: 'abcd', id: 'a' });
    drain([ann, bob]);

    ann.edit({ type: 'delete', id: 'b', ...earlier });
    bob.edit({ type: 'delete', id: 'c', ...later });
    drain([ann, bob]);

    t.is(ann.current, '');
    t.is(bob.current, '');
    t.deepEqual([...ann.rejected, ...bob.rejected], []);
  });
}

const refused: readonly (readonly [string, JsonObject, string])[] = [
  ['a version to come', { base: 99 }, 'there is no such version yet'],
  ['no version at all', { base: -1 }, 'base is no version'],
  ['a version before the value was set', { base: 1 }, 'the whole value was set meanwhile'],
];
for (const [name, members, reason] of refused) {
  test(`an edit that was made on ${name} is rejected with a reason`, (t) => {
    const hub = hubOf(t);
    const heard: ServerFrame[] = [];
    const client = { id: 'one', receive: (frame: ServerFrame) => void heard.push(frame) };
    hub.join(client);
    hub.handle(client, { type: 'subscribe', topic: TOPIC, topicType: 'string' });
    for (const value of ['a', 'b']) {
      hub.handle(client, { type: 'update', topic: TOPIC, change: { type: 'set', value } });
    }

    const change = { type: 'insert', position: 0, insertion: 'x', ...members };
    hub.handle(client, { type: 'update', topic: TOPIC, change });

    t.deepEqual(heard.at(-1), { type: 'reject_update', topic: TOPIC, change, reason });
  });
}

test('an edit that was made too long ago is rejected', (t) => {
  const hub = hubOf(t);
  const ann = new FarClient('ann', hub, 'list');
  drain([ann]);
  ann.edit({ type: 'insert', position: 0, item: 'x', id: 'late' });
  const bob = new FarClient('bob', hub, 'list');
  for (let made = 0; made <= 2 * HISTORY_MAX_EDITS; made++) {
    const change = { type: 'insert', position: 0, item: 1 };
    hub.handle(bob, { type: 'update', topic: TOPIC, change });
  }

  drain([ann, bob]);

  t.is(ann.rejected.length, 1);
  t.deepEqual(ann.current, bob.current);
});
