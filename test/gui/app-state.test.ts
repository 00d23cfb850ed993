import test, { type ExecutionContext } from 'ava';
import { createApp, type App } from '../../gui/src/app-state.ts';
import { createSession, type Session } from '../../gui/src/session.ts';
import {
  ANNA,
  createFakeSocket,
  createManualClock,
  createMemoryStorage,
  FINGERPRINT,
  ME,
  sampleContact,
  sampleConversation,
  sampleMessage,
  settle,
  type FakeSocket,
  type ManualClock,
} from './fakes.ts';

type Started = Readonly<{
  app: App;
  session: Session;
  sockets: readonly FakeSocket[];
  clock: ManualClock;
  incoming: readonly number[];
  /** Numbers of what others said in rooms. */
  heard: readonly number[];
  posted: readonly string[];
  /** Paths of messages that were asked for. */
  asked: readonly string[];
}>;

const ME_ANSWER = {
  nick: 'Masha',
  status: 'online',
  address: ME,
  addresses: [ME],
  id: 'A'.repeat(43),
  fingerprint: FINGERPRINT,
  version: '1',
  listeners: [],
  settings: {
    theme: 'dark',
    language: 'ru',
    read_receipts: true,
    honour_deletion: true,
    retention: 'forever',
  },
};

/** The whole page without a browser: its daemon answers REST at once and the socket when the test says so. */
async function startApp(t: ExecutionContext): Promise<Started> {
  const session = createSession(createMemoryStorage(), createMemoryStorage());
  const sockets: FakeSocket[] = [];
  const clock = createManualClock();
  const incoming: number[] = [];
  const heard: number[] = [];
  const posted: string[] = [];
  const asked: string[] = [];
  const app = createApp({
    session,
    storage: createMemoryStorage(),
    clock,
    fetch: async (path, { body }) => {
      if (path === '/api/ws-ticket') return Response.json({ ticket: 'w' });
      if (path === '/api/me') return Response.json(ME_ANSWER);
      if (path.endsWith('/block')) {
        return Response.json({ error: { code: 'not_found', message: 'gone' } }, { status: 404 });
      }
      if (path.includes('/messages?')) asked.push(path);
      if (typeof body === 'string') posted.push(body);
      return Response.json(sampleMessage(7, { from: ME, to: ANNA, direction: 'out' }));
    },
    openSocket: (ticket) => {
      const socket = createFakeSocket(ticket);
      sockets.push(socket);
      return socket;
    },
    onIncoming: ({ s }) => incoming.push(s),
    onHeard: ({ seqnr }) => heard.push(seqnr),
  });
  t.teardown(app.start());
  session.open('token', true);
  await breathe();
  return { app, session, sockets, clock, incoming, heard, posted, asked };
}

/** Answers take several turns of the event loop, as `Response` reads its body from a stream. */
async function breathe(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
}

const update = (topic: string, change: object) => ({
  type: 'update',
  content: { topic_name: topic, change },
});

test('a login connects and follows the topics of the daemon', async (t) => {
  const { sockets } = await startApp(t);

  sockets[0]?.open();

  t.deepEqual(
    sockets[0]?.sent,
    [
      ['_vestnik/contacts', 'dict'],
      ['_vestnik/conversations', 'dict'],
      ['_vestnik/status', 'dict'],
      ['_vestnik/message-batches', 'event'],
      ['_vestnik/rooms', 'dict'],
      ['_vestnik/events', 'event'],
      ['_chatroom/topic_list', 'set'],
    ].map(([topic_name, type]) => ({
      type: 'subscribe',
      content: { topic_name, type, unanswered: [] },
    })),
  );
});

test('unread messages are counted, but for those who are muted', async (t) => {
  const { app, sockets } = await startApp(t);
  sockets[0]?.open();

  const conversation = sampleConversation({ unread: 3 });
  sockets[0]?.receive(
    update('_vestnik/contacts', { type: 'set', value: { [ANNA]: sampleContact() } }),
  );
  sockets[0]?.receive(
    update('_vestnik/conversations', { type: 'set', value: { [ANNA]: conversation } }),
  );
  t.is(app.unread.value, 3);
  sockets[0]?.receive(
    update('_vestnik/contacts', {
      type: 'change_value',
      key: ANNA,
      value: sampleContact({ muted: true }),
    }),
  );

  t.is(app.unread.value, 0);
  t.is(app.rows.value.length, 1);
});

test('what was written goes out, and the settings of the owner come in', async (t) => {
  const { app, sockets, posted } = await startApp(t);
  app.outbox.add(ANNA, 'hi');
  sockets[0]?.open();
  await breathe();

  t.is(posted.length, 1);
  t.is(app.outbox.items.value.length, 0);
  t.is(app.logs.get(ANNA).messages.value[0]?.s, 7);
  t.is(app.me.settings.value.language, 'ru');
});

test('a new message is told of once', async (t) => {
  const { sockets, incoming, clock } = await startApp(t);
  sockets[0]?.open();
  sockets[0]?.receive(update('_vestnik/message-batches', { type: 'set', value: null }));

  sockets[0]?.receive(
    update('_vestnik/message-batches', { type: 'emit', args: [sampleMessage(1)] }),
  );
  sockets[0]?.receive(
    update('_vestnik/message-batches', { type: 'emit', args: [sampleMessage(1, { rev: 2 })] }),
  );
  clock.advance(200);

  t.deepEqual(incoming, [1]);
});

test('what did not work is said in words, for a while', async (t) => {
  const { app, clock } = await startApp(t);

  t.false(await app.attempt(app.api.judgeContact(ANNA, 'block')));
  t.is(app.toasts.toast.value, 'error.not_found');
  clock.advance(6000);

  t.is(app.toasts.toast.value, undefined);
});

test('an open conversation looks at its gaps when their number changes', async (t) => {
  const { app, sockets, asked } = await startApp(t);
  sockets[0]?.open();
  const tell = (missing: number) =>
    sockets[0]?.receive(
      update('_vestnik/conversations', {
        type: 'set',
        value: { [ANNA]: sampleConversation({ missing }) },
      }),
    );
  app.logs.get(ANNA).apply([sampleMessage(3, { missing_before: 2 })]);
  tell(2);
  await breathe();
  const asking = asked.length;

  tell(2);
  await breathe();
  t.is(asked.length, asking);
  tell(1);
  await breathe();

  t.is(asked.length, asking + 1);
  t.true(asked.at(-1)?.endsWith('/messages?limit=200&after=2'));
});

test('the history of a contact that was removed is let go', async (t) => {
  const { app, sockets } = await startApp(t);
  sockets[0]?.open();
  sockets[0]?.receive(
    update('_vestnik/contacts', { type: 'set', value: { [ANNA]: sampleContact() } }),
  );
  const before = app.logs.get(ANNA);

  sockets[0]?.receive(update('_vestnik/contacts', { type: 'pop', key: ANNA }));

  t.not(app.logs.get(ANNA), before);
});

test('the clock of the page ticks by the second while it waits for a connection', async (t) => {
  const { app, sockets, clock } = await startApp(t);
  sockets[0]?.open();
  const start = app.now.value;
  clock.advance(2000);
  t.is(app.now.value, start);

  sockets[0]?.drop();
  t.is(app.now.value, start + 2000);
  clock.advance(1000);

  t.is(app.now.value, start + 3000);
});

test('a logout disconnects', async (t) => {
  const { session, sockets, clock } = await startApp(t);
  sockets[0]?.open();

  session.close();
  clock.advance(60_000);
  await breathe();

  t.is(sockets.length, 1);
});
