/** Row 22 and 35: whatever clients send, nobody else is harmed. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { WebSocket } from 'ws';
import { OPEN_GRANT } from '../../daemon/domain/guest-grant.ts';
import { EMPTY_VALUES } from '../../daemon/domain/topic-values.ts';
import type { JsonObject } from '../../daemon/wire/topic.ts';
import type { FakeClock } from '../helpers/fake-clock.ts';
import { API_TOKEN, startGui } from '../helpers/gui-world.ts';
import { startHub } from '../helpers/hub-world.ts';
import { keeperOn, MemoryTopicStore } from '../helpers/memory-topic-store.ts';
import { openTopics, type SpokenTopics } from '../helpers/spoken-topics.ts';
import { strangeFrames } from '../helpers/strange-frames.ts';
import { hubWith } from '../helpers/topic-world.ts';
import { comeAs } from '../helpers/turntable-hand.ts';

/** So many a commit; more with `npm run soak -- frames`. */
const FRAMES = 20_000;
/** Within the burst that a connection may send at once. */
const AT_ONCE = 150;
/** After which a connection may send as many again. */
const REST_MS = 4000;
const SEED = 20_261_121;

type World = Readonly<{ clock: FakeClock; defects: readonly unknown[] }>;

/** Sends frames in turns over several sockets, and waits after each turn until the daemon has heard them. */
async function flood(
  { clock }: World,
  frames: () => string | Uint8Array,
  sockets: readonly Readonly<{
    send: (frame: string | Uint8Array) => void;
    settled: () => Promise<void>;
  }>[],
  afterTurn: () => Promise<void>,
): Promise<void> {
  for (let sent = 0; sent < FRAMES;) {
    for (const { send, settled } of sockets) {
      for (let at = 0; at < AT_ONCE; at++) send(frames());
      sent += AT_ONCE;
      await settled();
    }
    await afterTurn();
    clock.advance(REST_MS);
  }
}

/** Resolves when everything that was sent before has been heard. */
async function answered(socket: WebSocket): Promise<void> {
  const pong = once(socket, 'pong');
  socket.ping();
  await pong;
}

/** Somebody who follows a topic, and makes up its value from what he hears alone. */
async function follow(client: SpokenTopics, topic: string, type: 'string' | 'list') {
  const value = EMPTY_VALUES[type]();
  client.say('subscribe', { topic_name: topic, type });
  return {
    hear: async (until: string): Promise<unknown> => {
      for (;;) {
        const { fields } = await client.hear();
        const change = fields['change'] as JsonObject;
        if (fields['topic_name'] !== topic) continue;
        value.apply(change);
        if (change['id'] === until) return value.snapshot().value;
      }
    },
  };
}

/** Floods a world with frames, then sees whether those who follow a topic agree on its value. */
async function withstand(
  t: ExecutionContext,
  world: World,
  come: (dialect: 'content' | 'args') => Promise<SpokenTopics>,
): Promise<void> {
  const observer = await come('content');
  const following = await follow(observer, 'list', 'list');
  const attackers = [await come('content'), await come('args')];

  await flood(
    world,
    strangeFrames('chatroom', SEED),
    attackers.map((one) => ({
      send: (frame) => one.socket.send(frame),
      settled: () => one.settled(),
    })),
    () => observer.settled(),
  );
  for (const { socket } of attackers) t.is(socket.readyState, socket.OPEN);
  for (const { socket } of attackers) socket.terminate();

  const friend = await come('args');
  const late = await follow(friend, 'list', 'list');
  await friend.settled();
  friend.say('update', {
    topic_name: 'list',
    change: { type: 'insert', position: 0, item: 1, id: 'end' },
  });
  t.deepEqual(await following.hear('end'), await late.hear('end'));
  t.deepEqual(world.defects, []);
  t.is(Reflect.get({}, 'admin'), undefined);
}

test('row 22: no frame to the owner’s /chatroom harms anybody else', async (t) => {
  const gui = await startGui(t);
  const headers = { authorization: `Bearer ${API_TOKEN}` };

  await withstand(t, gui, (dialect) => openTopics(t, gui.url, { dialect, headers }));
});

test('row 22: no frame to the guests’ /chatroom harms anybody else', async (t) => {
  const store = new MemoryTopicStore();
  const token = 'token-of-the-judge';
  const { hub: topics, clock } = hubWith({ keeper: keeperOn(store) });
  const tokens = new Map([[token, { ...OPEN_GRANT, rights: ['validate'] as const }]]);
  const hub = await startHub(t, { topics, clock, tokens });
  const headers = { authorization: `Bearer ${token}` };

  await withstand(t, hub, (dialect) => openTopics(t, hub.url, { dialect, headers }));

  const { hub: restarted } = hubWith({ keeper: keeperOn(store) });
  const [kept, restored] = [topics, restarted].map((world) =>
    world.inspect().topics.find(({ name }) => name === 'kept/list'),
  );
  t.deepEqual(restored?.read(), kept?.read());
  t.is(store.damages, 0);
});

test('row 22: no frame to /turntable harms anybody else', async (t) => {
  const hub = await startHub(t);
  const observer = await comeAs(t, hub.url, '1:9');
  const attackers = [await comeAs(t, hub.url, '1:1'), await comeAs(t, hub.url, '1:2')];
  observer.send('subscribe', ['1:1']);
  await observer.before();

  await flood(
    hub,
    strangeFrames('turntable', SEED),
    attackers.map((one) => ({
      send: (frame) => one.socket.send(frame),
      settled: () => answered(one.socket),
    })),
    () => answered(observer.socket),
  );
  for (const { socket } of attackers) t.is(socket.readyState, socket.OPEN);
  for (const { socket } of attackers) socket.terminate();

  for (;;) {
    const { command, data } = await observer.next();
    if (command === 'userchange' && (data as JsonObject)['1:1'] === 'offline') break;
  }
  t.deepEqual(hub.defects, []);
  t.is(Reflect.get({}, 'admin'), undefined);
});
