/** docs/topics.md#coming-back: what a client hears that lost the line, and what it may send again. */
import test from 'ava';
import { RECENT_MAX_CHANGES } from '../../daemon/domain/recent-changes.ts';
import { TopicHub } from '../../daemon/domain/topics.ts';
import {
  decodeClientFrame,
  encodeServerFrame,
  type JsonObject,
  type ServerFrame,
  type TopicType,
} from '../../daemon/wire/topic.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const TOPIC = 'board';

function world() {
  let made = 0;
  const hub = new TopicHub({
    clock: new FakeClock(),
    createId: () => `own-${++made}`,
    onDefect: () => undefined,
  });
  const come = (topicType: TopicType, unanswered?: readonly string[]) => {
    const frames: ServerFrame[] = [];
    const client = { id: 'one', receive: (frame: ServerFrame) => void frames.push(frame) };
    hub.join(client);
    hub.handle(client, {
      ...{ type: 'subscribe', topic: TOPIC, topicType },
      ...(unanswered && { unanswered }),
    });
    return {
      frames,
      first: frames.find((frame) => frame.type === 'update'),
      change: (change: JsonObject) => hub.handle(client, { type: 'update', topic: TOPIC, change }),
      leave: () => hub.leave(client),
    };
  };
  return { come };
}

test('who comes back is told which of its changes were applied, and how many there were', (t) => {
  const { come } = world();
  const lost = come('int');
  lost.change({ type: 'add', value: 1, id: 'a' });
  lost.change({ type: 'add', value: 1, id: 'b' });

  const back = come('int', ['b', 'c']);

  t.like(back.first, { change: { value: 2 }, resumed: { version: 2, applied: ['b'] } });
});

test('who does not ask is told nothing of it', (t) => {
  t.false('resumed' in (world().come('int').first ?? {}));
});

test('a topic that began anew has another life', (t) => {
  const { come } = world();
  const first = come('int', []);
  first.change({ type: 'add', value: 1, id: 'a' });
  const second = come('int', ['a']);
  first.leave();
  second.leave();

  const third = come('int', ['a']);

  const lives = [first, second, third].map(({ first: frame }) =>
    frame?.type === 'update' ? frame.resumed?.life : undefined,
  );
  t.is(lives[0], lives[1]);
  t.not(lives[1], lives[2]);
  t.like(third.first, { resumed: { version: 0, applied: [] } });
});

test('a change that is sent again counts once, whichever of the two comes first', (t) => {
  for (const copies of [
    [{ again: true }, {}],
    [{}, { again: true }],
  ]) {
    const client = world().come('int');

    for (const copy of copies) client.change({ type: 'add', value: 1, id: 'a', ...copy });

    t.like(client.frames.at(-1), { type: 'reject_update', reason: 'that change was made already' });
    t.is(client.frames.filter(({ type }) => type === 'update').length, 2);
  }
});

test('clients that give all their changes the same id are understood', (t) => {
  const client = world().come('int');

  for (let i = 0; i < 3; i++) client.change({ type: 'add', value: 1, id: 'same' });

  t.is(client.frames.filter(({ type }) => type === 'update').length, 4);
});

test('only so many changes are remembered', (t) => {
  const { come } = world();
  const client = come('int');
  for (let i = 0; i <= RECENT_MAX_CHANGES; i++) {
    client.change({ type: 'add', value: 1, id: String(i) });
  }

  t.like(come('int', ['0', '1']).first, { resumed: { applied: ['1'] } });
});

test('the words for it on the wire', (t) => {
  const asking = {
    type: 'subscribe',
    content: { topic_name: TOPIC, type: 'int', unanswered: ['a'] },
  };
  t.like(decodeClientFrame(JSON.stringify(asking)).frame, { unanswered: ['a'] });

  const text = encodeServerFrame(
    {
      type: 'update',
      topic: TOPIC,
      change: { type: 'set', value: 2, id: 'x' },
      resumed: { life: 'l', version: 2, applied: ['a'] },
    },
    'content',
  );
  t.deepEqual(JSON.parse(text), {
    type: 'update',
    content: {
      topic_name: TOPIC,
      change: { type: 'set', value: 2, id: 'x', life: 'l', version: 2, applied: ['a'] },
    },
  });
});
