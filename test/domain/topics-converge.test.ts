import { deepStrictEqual } from 'node:assert';
import test from 'ava';
import fc from 'fast-check';
import { EMPTY_VALUES } from '../../daemon/domain/topic-values.ts';
import type { TopicClient } from '../../daemon/domain/topic.ts';
import { TopicHub } from '../../daemon/domain/topics.ts';
import type { JsonObject, ServerFrame, TopicType } from '../../daemon/wire/topic.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { CHANGES } from '../helpers/topic-changes.ts';

const RUNS = 300;
const SEED = 20_261_120;

/** A client that keeps a value of its own, made only of what it is told. */
class MirroringClient implements TopicClient {
  readonly id: string;
  readonly #value;

  constructor(id: string, type: TopicType) {
    this.id = id;
    this.#value = EMPTY_VALUES[type]();
  }

  receive(frame: ServerFrame): void {
    if (frame.type === 'update') this.#value.apply(frame.change as JsonObject);
  }

  get current(): unknown {
    return this.#value.snapshot().value;
  }
}

const converges = test.macro({
  exec(t, type: keyof typeof CHANGES) {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), CHANGES[type]), { maxLength: 40 }), (edits) => {
        let made = 0;
        const hub = new TopicHub({
          clock: new FakeClock(),
          createId: () => String(++made),
          onDefect: (error) => t.fail(String(error)),
        });
        const clients = ['a', 'b', 'c'].map((id) => new MirroringClient(id, type));
        for (const client of clients) {
          hub.join(client);
          hub.handle(client, { type: 'subscribe', topic: 'board', topicType: type });
        }

        for (const [author, change] of edits) {
          hub.handle(clients[author]!, {
            type: 'update',
            topic: 'board',
            change: change as JsonObject,
          });
        }

        const late = new MirroringClient('late', type);
        hub.join(late);
        hub.handle(late, { type: 'subscribe', topic: 'board', topicType: type });
        for (const { current } of clients) deepStrictEqual(current, late.current);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    t.pass();
  },
  title: (_, type: string) => `whoever edits a ${type}, all end with the same value`,
});
test(converges, 'string');
test(converges, 'int');
test(converges, 'float');
test(converges, 'list');
test(converges, 'u_list');
test(converges, 'generic');
test(converges, 'set');
test(converges, 'dict');
