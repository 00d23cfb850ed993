import test from 'ava';
import { ApiError } from '../../gui/src/api.ts';
import { reconnectDelayMs } from '../../gui/client/line.ts';
import { createLive, type Live } from '../../gui/src/live.ts';
import type { TopicChange } from '../../gui/client/topic-frames.ts';
import {
  createFakeSocket,
  createManualClock,
  settle,
  type FakeSocket,
  type ManualClock,
} from './fakes.ts';

type Started = Readonly<{
  live: Live;
  sockets: readonly FakeSocket[];
  clock: ManualClock;
  failTickets: (error: ApiError | undefined) => void;
}>;

async function startLive(): Promise<Started> {
  const sockets: FakeSocket[] = [];
  const clock = createManualClock();
  let failure: ApiError | undefined;
  let tickets = 0;
  const live = createLive({
    requestTicket: async () => {
      if (failure !== undefined) throw failure;
      return `t${++tickets}`;
    },
    openSocket: (ticket) => {
      const socket = createFakeSocket(ticket);
      sockets.push(socket);
      return socket;
    },
    clock,
  });
  live.start();
  await settle();
  return { live, sockets, clock, failTickets: (error) => void (failure = error) };
}

const update = (topic: string, change: TopicChange) => ({
  type: 'update',
  content: { topic_name: topic, change },
});

test('a connection is made with a fresh ticket each time', async (t) => {
  const { live, sockets, clock } = await startLive();
  t.deepEqual(live.connection.value, { state: 'connecting' });

  sockets[0]?.open();
  t.deepEqual(live.connection.value, { state: 'connected' });
  sockets[0]?.drop();
  clock.advance(1000);
  await settle();

  t.deepEqual(
    sockets.map(({ ticket }) => ticket),
    ['t1', 't2'],
  );
});

test('topics are subscribed again after a reconnection, and changes reach their handler', async (t) => {
  const { live, sockets, clock } = await startLive();
  const heard: TopicChange[] = [];
  live.subscribe('_vestnik/contacts', 'dict', { onChange: (change) => heard.push(change) });
  sockets[0]?.open();
  sockets[0]?.drop();
  clock.advance(1000);
  await settle();

  sockets[1]?.open();
  sockets[1]?.receive(update('_vestnik/contacts', { type: 'set', value: {}, id: 'x' }));
  sockets[1]?.receive(update('other', { type: 'set', value: {} }));

  t.deepEqual(sockets[1]?.sent, [
    {
      type: 'subscribe',
      content: { topic_name: '_vestnik/contacts', type: 'dict', unanswered: [] },
    },
  ]);
  t.deepEqual(heard, [{ type: 'set', value: {}, id: 'x' }]);
});

test('a change goes out while connected and says so', async (t) => {
  const { live, sockets } = await startLive();
  const mark = live.subscribe('mark', 'generic', { onChange: () => undefined });

  t.false(mark.change({ type: 'set', value: 'lost', id: '0' }));
  sockets[0]?.open();
  sockets[0]?.receive(update('mark', { type: 'set', value: null }));
  t.true(mark.change({ type: 'set', value: 'hi', id: '1' }));
  mark.unsubscribe();

  t.deepEqual(sockets[0]?.sent.slice(1), [
    update('mark', { type: 'set', value: 'hi', id: '1' }),
    { type: 'unsubscribe', content: { topic_name: 'mark' } },
  ]);
});

test('a refused change is told to who made it', async (t) => {
  const { live, sockets } = await startLive();
  const refused: unknown[] = [];
  const mark = live.subscribe('mark', 'generic', {
    onChange: () => undefined,
    onReject: (id) => refused.push(id),
  });
  sockets[0]?.open();
  sockets[0]?.receive(update('mark', { type: 'set', value: null }));
  mark.change({ type: 'set', value: 'hi', id: '7' });

  sockets[0]?.receive({
    type: 'reject_update',
    content: { topic_name: 'mark', change: { type: 'set', id: '7' }, reason: 'no' },
  });
  await settle();

  t.deepEqual(refused, ['7']);
});

test('who subscribes once more gets the value anew, and who subscribed before nothing', async (t) => {
  const { live, sockets } = await startLive();
  const heard: string[] = [];
  const first = live.subscribe('mark', 'generic', { onChange: () => heard.push('first') });
  sockets[0]?.open();

  live.subscribe('mark', 'generic', { onChange: () => heard.push('second') });
  first.unsubscribe();
  sockets[0]?.receive(update('mark', { type: 'set', value: null }));

  t.deepEqual(heard, ['second']);
  t.is(sockets[0]?.sent.length, 3);
});

test('a lost connection is tried again, first as a hiccup and then as a daemon that stopped', async (t) => {
  const { live, sockets, clock, failTickets } = await startLive();
  sockets[0]?.open();
  failTickets(new ApiError('unreachable', 'away'));

  sockets[0]?.drop();
  const states: string[] = [live.connection.value.state];
  for (let i = 0; i < 3; i++) {
    clock.advance(20_000);
    await settle();
    states.push(live.connection.value.state);
  }

  t.deepEqual(states, ['reconnecting', 'reconnecting', 'reconnecting', 'stopped']);
});

test('a daemon that never was there has not just dropped the line', async (t) => {
  const { live, sockets } = await startLive();

  sockets[0]?.drop();

  t.is(live.connection.value.state, 'stopped');
});

test('a daemon that says good-bye has stopped', async (t) => {
  const { live, sockets } = await startLive();
  sockets[0]?.open();

  sockets[0]?.drop(1001);

  t.is(live.connection.value.state, 'stopped');
});

test('an unknown token ends the attempts', async (t) => {
  const { live, sockets, clock, failTickets } = await startLive();
  failTickets(new ApiError('unauthorized', 'no'));

  sockets[0]?.drop();
  clock.advance(20_000);
  await settle();
  clock.advance(60_000);
  await settle();

  t.is(live.connection.value.state, 'refused');
  t.is(sockets.length, 1);
});

test('retryNow does not wait', async (t) => {
  const { live, sockets } = await startLive();
  sockets[0]?.drop();

  live.retryNow();
  live.retryNow();
  await settle();

  t.is(sockets.length, 2);
});

test('a stopped connection stays stopped', async (t) => {
  const { live, sockets, clock } = await startLive();
  sockets[0]?.open();

  live.stop();
  clock.advance(60_000);
  await settle();

  t.is(sockets.length, 1);
});

test('delays double up to a limit, with jitter', (t) => {
  t.is(
    reconnectDelayMs(1, () => 0),
    250,
  );
  t.is(
    reconnectDelayMs(1, () => 1),
    500,
  );
  t.is(
    reconnectDelayMs(2, () => 1),
    1000,
  );
  t.is(
    reconnectDelayMs(50, () => 1),
    20_000,
  );
});
