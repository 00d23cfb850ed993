/** docs/turntable.md#sharding: three hubs in one process. */
import test, { type ExecutionContext } from 'ava';
import { WechatRoom, type RoomNews } from '../../daemon/cli/wechat-room.ts';
import { InProcessBus } from '../../daemon/domain/in-process-bus.ts';
import { shardOf } from '../../daemon/wire/shard.ts';
import { startHub, type HubWorld } from '../helpers/hub-world.ts';
import { comeAs } from '../helpers/turntable-hand.ts';

/** Ports are known only once bound, but every server needs all of them: the list is filled in as they come. */
async function startThree(t: ExecutionContext) {
  const bus = new InProcessBus();
  const servers: string[] = ['http://a.invalid', 'http://b.invalid', 'http://c.invalid'];
  const hubs: HubWorld[] = [];
  for (const self of servers.keys()) {
    const hub = await startHub(t, { bus, shards: { servers, self } });
    servers[self] = hub.url;
    hubs.push(hub);
  }
  return { servers, hubs: hubs as [HubWorld, HubWorld, HubWorld] };
}

/** A name that lives at this server. */
function nameAt(server: number): string {
  for (let at = 0; ; at++) if (shardOf(`game ${at}`, 3) === server) return `game ${at}`;
}

test('the status of somebody at one server is seen at the others', async (t) => {
  const { hubs } = await startThree(t);
  const ann = await comeAs(t, hubs[0].url, '1:ann');
  const bob = await comeAs(t, hubs[1].url, '1:bob');
  ann.send('subscribe', ['1:bob', '1:eve']);
  t.deepEqual((await ann.next()).data, { '1:bob': 'online', '1:eve': 'offline' });

  await comeAs(t, hubs[2].url, '1:eve');
  t.deepEqual((await ann.next()).data, { '1:eve': 'online' });
  bob.send('status', 'busy');
  t.deepEqual((await ann.next()).data, { '1:bob': 'busy' });
  await hubs[1].close();

  t.deepEqual((await ann.next()).data, { '1:bob': 'offline' });
});

test('whoever joins a game at the wrong server is told the right one, and the connection lives on', async (t) => {
  const { hubs } = await startThree(t);
  const channel = nameAt(1);
  const ann = await comeAs(t, hubs[0].url, '1:ann');

  ann.send('joingame', { channel });
  t.deepEqual(await ann.next(), {
    command: 'moved',
    data: { id: channel, server: hubs[1].url.replace('http', 'ws') },
  });
  ann.send('joingame', { channel: nameAt(0) });

  t.is((await ann.next()).command, 'members');
});

test('an invitation reaches somebody at another server, now or when next online anywhere', async (t) => {
  const { hubs } = await startThree(t);
  const channel = nameAt(0);
  const ann = await comeAs(t, hubs[0].url, '1:ann');
  const bob = await comeAs(t, hubs[1].url, '1:bob');
  const invite = { command: 'invite', data: { channel, from: '1:ann' } };

  ann.send('joingame', { channel, invite: ['1:bob', '1:eve'] });
  t.deepEqual(await bob.next(), invite);
  const eve = await comeAs(t, hubs[2].url, '1:eve');

  t.deepEqual(await eve.next(), invite);
});

test('a room at the wrong server is answered with the way to the right one', async (t) => {
  const { hubs } = await startThree(t);
  const channel = nameAt(2);
  const path = `/chats/${encodeURIComponent(channel)}`;

  for (const [method, rest] of [
    ['PUT', '/join/ringo'],
    ['GET', '/events/5?wait=1'],
    ['PUT', '/messages'],
  ] as const) {
    const answer = await fetch(hubs[0].url + path + rest, { method, redirect: 'manual' });
    t.is(answer.status, 307);
    t.is(answer.headers.get('location'), `${hubs[2].url}${path}${rest}`);
  }
  const unknown = await fetch(`${hubs[0].url + path}/join/a/b`, { redirect: 'manual' });
  const joined = await fetch(`${hubs[0].url + path}/join/ringo`, { method: 'PUT' });

  t.is(unknown.status, 404);
  t.deepEqual(await joined.json(), ['ringo']);
  t.is(hubs[2].rooms.list().length, 1);
  t.is(hubs[0].rooms.list().length, 0);
});

test('every server says which servers there are', async (t) => {
  const { hubs, servers } = await startThree(t);

  const answers = await Promise.all(
    hubs.map(async ({ url }) => (await fetch(`${url}/shards`)).json() as Promise<unknown>),
  );
  const wrong = await fetch(`${hubs[0].url}/shards`, { method: 'PUT' });

  t.deepEqual(
    answers,
    [0, 1, 2].map((self) => ({ servers, self })),
  );
  t.is(wrong.status, 405);
});

test('the reference client goes where the room is', async (t) => {
  const { hubs } = await startThree(t);
  const ended = new AbortController();
  t.teardown(() => ended.abort());
  const room = new WechatRoom({
    ...{ origin: hubs[0].url, channel: nameAt(1), name: 'ringo' },
    ...{ seqnr: undefined, invite: undefined, signal: ended.signal },
  });
  const news = room.follow();

  await news.next();
  await room.say('hello', 'one');
  const { value } = (await news.next()) as IteratorResult<RoomNews, undefined>;

  t.like(value, { kind: 'event', event: { type: 'MSG', source: 'ringo', body: 'hello' } });
});
