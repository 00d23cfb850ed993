import test from 'ava';
import { applyStringChange, createDraftsStore } from '../../gui/src/stores/drafts-store.ts';
import type { TopicHandler } from '../../gui/src/live.ts';
import type { TopicChange } from '../../gui/src/topic-frames.ts';
import { ANNA, BORIS, createCountingId, createManualClock, createMemoryStorage } from './fakes.ts';

/** A daemon that hears changes and answers when the test says so. */
function startDrafts(storage = createMemoryStorage()) {
  const clock = createManualClock();
  const handlers = new Map<string, TopicHandler>();
  const pushed: TopicChange[] = [];
  const connected: (() => void)[] = [];
  let isAway = false;
  const drafts = createDraftsStore({
    live: {
      subscribe: (topic, _, handler) => {
        handlers.set(topic, handler);
        return {
          change: (change) => {
            if (!isAway) pushed.push(change);
            return !isAway;
          },
          unsubscribe: () => handlers.delete(topic),
        };
      },
      onConnected: (callback) => connected.push(callback),
    },
    storage,
    clock,
    createId: createCountingId(),
  });
  return {
    drafts,
    clock,
    storage,
    pushed,
    topics: () => [...handlers.keys()],
    hear: (change: TopicChange) => handlers.get(`draft/${ANNA}`)?.onChange(change),
    reject: (id: string) => handlers.get(`draft/${ANNA}`)?.onReject?.(id),
    goAway: (away: boolean) => {
      isAway = away;
      if (!away) for (const callback of connected) callback();
    },
  };
}

test('what is typed goes out a moment later, in one step', (t) => {
  const { drafts, clock, pushed } = startDrafts();
  const draft = drafts.of(ANNA);

  drafts.write(ANNA, 'h');
  drafts.write(ANNA, 'hi');
  t.is(draft.value, 'hi');
  t.deepEqual(pushed, []);
  clock.advance(400);

  t.deepEqual(pushed, [{ type: 'set', value: 'hi', id: 'id-1' }]);
});

test('an emptied draft is told at once', (t) => {
  const { drafts, pushed } = startDrafts();

  drafts.write(ANNA, 'hi');
  drafts.write(ANNA, '');

  t.deepEqual(pushed, [{ type: 'set', value: '', id: 'id-1' }]);
});

test('another browser is followed while nothing is typed here', (t) => {
  const { drafts, hear } = startDrafts();
  const draft = drafts.of(ANNA);

  hear({ type: 'set', value: 'from', id: 'init' });
  hear({ type: 'insert', position: 4, insertion: ' afar' });

  t.is(draft.value, 'from afar');
});

test('what is typed here wins until the daemon has echoed it', (t) => {
  const { drafts, clock, hear, storage } = startDrafts();
  const draft = drafts.of(ANNA);
  hear({ type: 'set', value: '', id: 'init' });

  drafts.write(ANNA, 'mine');
  hear({ type: 'set', value: 'theirs', id: 'other' });
  clock.advance(400);
  hear({ type: 'set', value: 'theirs again', id: 'other' });
  t.is(draft.value, 'mine');
  hear({ type: 'set', value: 'mine', id: 'id-1' });
  t.is(storage.length, 0);
  hear({ type: 'set', value: 'then theirs', id: 'other' });

  t.is(draft.value, 'then theirs');
});

test('a draft written without a daemon goes out with the next connection', (t) => {
  const { drafts, clock, pushed, hear, goAway } = startDrafts();
  const draft = drafts.of(ANNA);
  goAway(true);
  drafts.write(ANNA, 'kept');
  clock.advance(400);
  t.deepEqual(pushed, []);

  goAway(false);
  hear({ type: 'set', value: 'older', id: 'init' });

  t.is(draft.value, 'kept');
  t.like(pushed[0], { type: 'set', value: 'kept' });
});

test('a draft outlives a reload', (t) => {
  const first = startDrafts();
  first.goAway(true);
  first.drafts.write(ANNA, 'kept');

  const second = startDrafts(first.storage);

  t.is(second.drafts.of(ANNA).value, 'kept');
});

test('a refused change is not waited for', (t) => {
  const { drafts, clock, hear, reject } = startDrafts();
  const draft = drafts.of(ANNA);
  drafts.write(ANNA, 'mine');
  clock.advance(400);

  reject('id-1');
  hear({ type: 'set', value: 'theirs', id: 'other' });

  t.is(draft.value, 'theirs');
});

test('drafts of other browsers are followed from the list of topics', (t) => {
  const { drafts, topics } = startDrafts();

  drafts.followListed({ type: 'set', value: [{ topic_name: `draft/${ANNA}`, type: 'string' }, 7] });
  drafts.followListed({ type: 'append', item: { topic_name: `draft/${BORIS}`, type: 'string' } });
  drafts.followListed({ type: 'append', item: { topic_name: 'typing/x', type: 'string' } });

  t.deepEqual(topics(), [`draft/${ANNA}`, `draft/${BORIS}`]);
});

test('string changes apply in UTF-16 units and leave the text alone when they make no sense', (t) => {
  t.is(applyStringChange('a😀c', { type: 'insert', position: 3, insertion: 'b' }), 'a😀bc');
  t.is(applyStringChange('abc', { type: 'delete', position: 1, deletion: 'b' }), 'ac');
  t.is(applyStringChange('abc', { type: 'set', value: 7 }), 'abc');
  t.is(applyStringChange('abc', { type: 'pop', key: 'x' }), 'abc');
});
