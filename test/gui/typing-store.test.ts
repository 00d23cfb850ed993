import test from 'ava';
import type { TopicHandler } from '../../gui/src/live.ts';
import { createTypingStore } from '../../gui/src/stores/typing-store.ts';
import type { TopicChange } from '../../gui/client/topic-frames.ts';
import { ANNA, createCountingId, createManualClock } from './fakes.ts';

/** Two browsers of one owner: what one says both hear. */
function startBrowsers() {
  const clock = createManualClock();
  const createId = createCountingId();
  const handlers = new Map<object, TopicHandler>();
  const said: TopicChange[] = [];
  const open = () =>
    createTypingStore({
      live: {
        subscribe: (_, type, handler) => {
          if (type !== 'event') throw new Error('typing is an event');
          const key = {};
          handlers.set(key, handler);
          return {
            change: (change) => {
              said.push(change);
              for (const one of handlers.values()) one.onChange(change);
              return true;
            },
            unsubscribe: () => handlers.delete(key),
          };
        },
      },
      clock,
      createId,
    });
  return { clock, said, desk: open(), phone: open() };
}

test('typing in one browser shows in the other, and not in the one itself', (t) => {
  const { desk, phone } = startBrowsers();
  desk.follow(ANNA);
  phone.follow(ANNA);

  desk.note(ANNA, 'h');

  t.true(phone.isElsewhere(ANNA).value);
  t.false(desk.isElsewhere(ANNA).value);
});

test('typing is over when the text is gone, or some seconds after the last letter', (t) => {
  const { clock, desk, phone } = startBrowsers();
  desk.follow(ANNA);
  phone.follow(ANNA);
  const isElsewhere = phone.isElsewhere(ANNA);

  desk.note(ANNA, 'h');
  desk.note(ANNA, '');
  t.false(isElsewhere.value);
  desk.note(ANNA, 'h');
  clock.advance(5_999);
  t.true(isElsewhere.value);
  clock.advance(1);

  t.false(isElsewhere.value);
});

test('typing on and on is told now and then, not letter by letter', (t) => {
  const { clock, said, desk, phone } = startBrowsers();
  desk.follow(ANNA);
  phone.follow(ANNA);

  for (let letter = 0; letter < 50; letter++) {
    desk.note(ANNA, 'x'.repeat(letter + 1));
    clock.advance(100);
  }

  t.is(said.length, 2);
  t.true(phone.isElsewhere(ANNA).value);
});

test('a conversation that is closed is not followed any more', (t) => {
  const { desk, phone } = startBrowsers();
  desk.follow(ANNA);
  const leave = phone.follow(ANNA);

  leave();
  desk.note(ANNA, 'h');

  t.false(phone.isElsewhere(ANNA).value);
});
