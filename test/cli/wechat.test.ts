import test from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { parseWechatUrl } from '../../daemon/cli/wechat-url.ts';
import { Chatting, startBridge } from '../helpers/chatting.ts';
import { eventually } from '../helpers/eventually.ts';
import { OWNER, startHub, type HubWorld } from '../helpers/hub-world.ts';
import { MemoryRoomStore } from '../helpers/memory-room-store.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';

/** What was said in a room, as it lies there. */
function said({ rooms }: HubWorld, store: MemoryRoomStore, room = 'lobby'): readonly string[] {
  return store
    .eventsOf(rooms.require(room).uid)
    .flatMap((event) => (event.type === 'MSG' ? [`${event.from}: ${event.text}`] : []));
}

test('a URL without a port means 8000, a bare host every room', (t) => {
  t.deepEqual(parseWechatUrl('my.chat.server/chats/lobby'), {
    ...{ origin: 'http://my.chat.server:8000', channel: 'lobby', seqnr: undefined },
  });
  t.deepEqual(parseWechatUrl('http://[fc00::1]:80/chats/caf%C3%A9/83/'), {
    ...{ origin: 'http://[fc00::1]:80', channel: 'café', seqnr: 83 },
  });
  t.like(parseWechatUrl('10.0.0.1'), { origin: 'http://10.0.0.1:8000', channel: undefined });
  t.like(parseWechatUrl('HTTPS://host/chats/'), {
    origin: 'https://host:8000',
    channel: undefined,
  });
  for (const bad of ['', 'host/rooms/x', 'host/chats/x/y', 'host:99999', 'ftp://host', 'a b']) {
    t.throws(() => parseWechatUrl(bad), { code: 'usage' }, bad);
  }
});

test('a person talks, sees others come and go, and asks who is there', async (t) => {
  const hub = await startHub(t);
  const room = await hub.rooms.createAsOwner('lobby', false);
  const ringo = new Chatting(t, { name: 'ringo', url: `${hub.url}/chats/lobby` });
  await ringo.sees(`* you are in lobby, with ${OWNER}; /help says what you can do`);

  const paul = await hub.hand.join('lobby', 'paul');
  await hub.hand.say('lobby', paul, 'hello\u001b[2J\nringo');
  await hub.rooms.sayAsOwner(room, 'welcome');
  ringo.type('//slash');
  ringo.type('/who');
  ringo.type('/dance');
  await ringo.sees('* there is no command /dance; /help lists them');
  await hub.hand.put('/chats/lobby/leave/', paul);

  await ringo.sees('* paul came');
  await ringo.sees('paul: hello\\u{1b}[2J\n    ringo');
  await ringo.sees(`${OWNER}: welcome`);
  await ringo.sees('ringo: /slash');
  await ringo.sees('* paul left');
  t.true(ringo.shown.some((line) => /^\* 3 people: Alice@.*, ringo, paul$/.test(line)));
});

test('leaving, the end of input and Ctrl+C leave the room', async (t) => {
  const hub = await startHub(t);
  await hub.rooms.createAsOwner('lobby', false);
  const url = `${hub.url}/chats/lobby`;
  const ends = [
    (chatting: Chatting) => chatting.type('/leave'),
    (chatting: Chatting) => chatting.finish(),
    (chatting: Chatting) => chatting.stop(),
  ];

  for (const end of ends) {
    const ringo = new Chatting(t, { name: 'ringo', url });
    await ringo.sees(`* you are in lobby, with ${OWNER}; /help says what you can do`);
    end(ringo);
    await ringo.ended;
    t.is(hub.guests.size, 0);
  }
});

test('a number shows the backlog', async (t) => {
  const hub = await startHub(t);
  const room = await hub.rooms.createAsOwner('lobby', false);
  for (const text of ['two', 'three', 'four']) await hub.rooms.sayAsOwner(room, text);

  const ringo = new Chatting(t, { name: 'ringo', url: `${hub.url}/chats/lobby/3` });

  await ringo.sees(`${OWNER}: four`);
  t.true(ringo.shown.includes(`${OWNER}: three`));
  t.false(ringo.shown.includes(`${OWNER}: two`));
});

test('a bare host means every listed room', async (t) => {
  const hub = await startHub(t);
  const tea = await hub.rooms.createAsOwner('tea', false);
  await hub.rooms.createAsOwner('cake', false);
  await hub.rooms.create('secret', true);
  const ringo = new Chatting(t, { name: 'ringo', url: hub.url });
  await eventually(() => hub.guests.size === 2);

  await hub.rooms.sayAsOwner(tea, 'milk?');
  ringo.type('/room cake');
  ringo.type('mine');

  await ringo.sees(`[tea] ${OWNER}: milk?`);
  await ringo.sees('[cake] ringo: mine');
  t.false(ringo.shown.some((line) => line.includes('secret')));
});

test('programs get one event a line', async (t) => {
  const hub = await startHub(t);
  const room = await hub.rooms.createAsOwner('lobby', false);
  const ringo = new Chatting(t, { name: 'ringo', url: `${hub.url}/chats/lobby`, isJson: true });
  await eventually(() => hub.guests.size === 1);

  await hub.rooms.sayAsOwner(room, 'hello');

  await eventually(() => ringo.shown.length === 1);
  t.deepEqual(JSON.parse(ringo.shown[0] ?? ''), {
    ...{ room: 'lobby', type: 'MSG', seqnr: 3, source: OWNER, body: 'hello' },
  });
});

test('who comes back after the daemon was away misses nothing and says nothing twice', async (t) => {
  const store = new MemoryRoomStore();
  const hub = await startHub(t, { store });
  const room = await hub.rooms.createAsOwner('lobby', false);
  const ringo = new Chatting(t, { name: 'ringo', url: `${hub.url}/chats/lobby` });
  await eventually(() => hub.guests.size === 1);
  await hub.rooms.sayAsOwner(room, 'before');
  await ringo.sees(`${OWNER}: before`);
  await hub.close();
  ringo.type('meanwhile');
  await ringo.sees('* the daemon does not answer; trying again');

  const later = new MemoryRoomStore(store);
  const again = await startHub(t, { store: later, listen: `127.0.0.1:${hub.port}` });
  await again.rooms.sayAsOwner(again.rooms.require('lobby'), 'after');

  await ringo.sees('* back in the room');
  await ringo.sees(`${OWNER}: after`);
  await ringo.sees('ringo: meanwhile');
  t.is(ringo.shown.filter((line) => line === `${OWNER}: before`).length, 1);
  t.deepEqual([...said(again, later)].sort(), [
    ...[`${OWNER}: after`, `${OWNER}: before`, 'ringo: meanwhile'],
  ]);
});

test('a room that refuses is told in a sentence', async (t) => {
  const hub = await startHub(t);
  await hub.rooms.create('secret', true);
  await hub.hand.join('lobby', 'ringo');
  const attempt = async (...words: string[]) => {
    const terminal = memoryTerminal();
    return [await run(['wechat', ...words], terminal, {}), terminal.complained.join('\n')] as const;
  };

  const [taken, takenSentence] = await attempt('ringo', `${hub.url}/chats/lobby`);
  const [, secret] = await attempt('ringo', `${hub.url}/chats/secret`);
  const [nobody] = await attempt('ringo', '127.0.0.1:1/chats/lobby');
  const [usage] = await attempt('ringo', 'host/nowhere');

  t.is(taken, 1);
  t.regex(takenSentence, /somebody in lobby has the name ringo already/);
  t.regex(secret, /private/);
  t.is(nobody, 1);
  t.is(usage, 2);
});

test('a bridge carries both ways, once', async (t) => {
  const [leftStore, rightStore] = [new MemoryRoomStore(), new MemoryRoomStore()];
  const left = await startHub(t, { store: leftStore });
  const right = await startHub(t, { store: rightStore });
  const ringo = await left.hand.join('lobby', 'ringo');
  const paul = await right.hand.join('tea', 'paul');
  startBridge(t, [`${left.url}/chats/lobby`, `${right.url}/chats/tea`]);
  await eventually(() => left.guests.size === 2 && right.guests.size === 2);

  await left.hand.say('lobby', ringo, 'hello');
  await right.hand.say('tea', paul, 'hi');
  await eventually(() => said(left, leftStore).length === 2);
  await left.hand.say('lobby', ringo, 'bye');
  await eventually(() => said(right, rightStore, 'tea').length === 3);

  t.deepEqual(said(left, leftStore), ['ringo: hello', 'bridge: <paul> hi', 'ringo: bye']);
  t.deepEqual([...said(right, rightStore, 'tea')].sort(), [
    ...['bridge: <ringo> bye', 'bridge: <ringo> hello', 'paul: hi'],
  ]);
});

test('two bridges between the same rooms make no loop', async (t) => {
  const [leftStore, rightStore] = [new MemoryRoomStore(), new MemoryRoomStore()];
  const left = await startHub(t, { store: leftStore });
  const right = await startHub(t, { store: rightStore });
  const ringo = await left.hand.join('lobby', 'ringo');
  const urls = [`${left.url}/chats/lobby`, `${right.url}/chats/lobby`] as const;
  startBridge(t, urls, 'one');
  startBridge(t, urls, 'two');
  await eventually(() => left.guests.size === 3 && right.guests.size === 2);

  await left.hand.say('lobby', ringo, 'hello');
  await left.hand.say('lobby', ringo, 'the end');
  await eventually(
    () => said(right, rightStore).filter((line) => line.endsWith('the end')).length >= 2,
  );
  // What would go round would come before what is said now.
  await left.hand.say('lobby', ringo, 'really');
  await eventually(
    () => said(right, rightStore).filter((line) => line.endsWith('really')).length >= 2,
  );

  t.true(said(left, leftStore).length <= 9, said(left, leftStore).join('\n'));
});

test('a bridge survives a restart of either side, with nothing lost and nothing twice', async (t) => {
  const leftStore = new MemoryRoomStore();
  let rightStore = new MemoryRoomStore();
  const left = await startHub(t, { store: leftStore });
  let right = await startHub(t, { store: rightStore });
  const ringo = await left.hand.join('lobby', 'ringo');
  await right.rooms.create('lobby');
  startBridge(t, [`${left.url}/chats/lobby`, `${right.url}/chats/lobby`]);
  await eventually(() => left.guests.size === 2 && right.guests.size === 1);
  await left.hand.say('lobby', ringo, 'one');
  await eventually(() => said(right, rightStore).length === 1);

  await right.close();
  await left.hand.say('lobby', ringo, 'two');
  await left.hand.say('lobby', ringo, 'three');
  rightStore = new MemoryRoomStore(rightStore);
  right = await startHub(t, { store: rightStore, listen: `127.0.0.1:${right.port}` });
  const paul = await right.hand.join('lobby', 'paul');
  await right.hand.say('lobby', paul, 'here');

  await eventually(() => said(right, rightStore).length === 4);
  await eventually(() => said(left, leftStore).includes('bridge: <paul> here'));
  t.deepEqual(
    said(right, rightStore).filter((line) => line.startsWith('bridge')),
    ['bridge: <ringo> one', 'bridge: <ringo> two', 'bridge: <ringo> three'],
  );
  t.is(said(left, leftStore).length, 4);
});

test('a bridge that starts again from a number says nothing twice', async (t) => {
  const rightStore = new MemoryRoomStore();
  const left = await startHub(t);
  const right = await startHub(t, { store: rightStore });
  await right.rooms.create('lobby');
  const ringo = await left.hand.join('lobby', 'ringo');
  const urls = [`${left.url}/chats/lobby/1`, `${right.url}/chats/lobby`] as const;
  const first = startBridge(t, urls);
  await left.hand.say('lobby', ringo, 'one');
  await eventually(() => said(right, rightStore).length === 1);
  await first.stop();
  await left.hand.say('lobby', ringo, 'two');

  startBridge(t, urls);

  await eventually(() => said(right, rightStore).length === 2);
  t.deepEqual(said(right, rightStore), ['bridge: <ringo> one', 'bridge: <ringo> two']);
});
