import test from 'ava';
import type { ApiRoomEvent } from '../../daemon/wire/rooms-api.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { WechatHand } from '../helpers/wechat-hand.ts';

const HUB = { VESTNIK_HUB_LISTEN: '127.0.0.1:0' };
const TALKERS = 8;
const KILLS = 3;
/** Messages that are acknowledged before each kill. */
const BEFORE_KILL = 100;

async function eventsOf({ api }: DaemonProcess): Promise<readonly ApiRoomEvent[]> {
  const events: ApiRoomEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seqnr ?? 0;
    const page = (await api.get(`/api/rooms/lobby/events?limit=200&after=${after}`))
      .body as ApiRoomEvent[];
    if (page.length === 0) return events;
    events.push(...page);
  }
}

test('a room is there after a restart, and its numbers go on', async (t) => {
  const daemon = await startDaemonProcess(t, { nick: 'Ann', environment: HUB });
  await daemon.api.post('/api/rooms', { name: 'lobby', topic: 'tea', private: true });
  const { invite } = (await daemon.api.get('/api/rooms/lobby')).body as { invite: string };
  await daemon.api.post('/api/rooms/lobby/messages', { message: 'before', id: 'one' });
  await daemon.api.post('/api/rooms/lobby/read', { upTo: 2 });

  t.is(await daemon.stop(), 0);
  await daemon.start();

  t.like((await daemon.api.get('/api/rooms/lobby')).body, {
    ...{ topic: 'tea', private: true, joined: true, invite, seqnr: 2, read_up_to: 2, unread: 0 },
    ...{ members: 1, last: { message: 'before' } },
  });
  const again = await daemon.api.post('/api/rooms/lobby/messages', {
    message: 'before',
    id: 'one',
  });
  t.is(again.status, 200);
  t.like((await daemon.api.post('/api/rooms/lobby/messages', { message: 'after' })).body, {
    seqnr: 3,
  });
  const joined = await new WechatHand(daemon.hubUrl).call('PUT', '/chats/lobby/join/ringo', {
    headers: { invite },
  });
  t.is(joined.headers.get('seqnr'), '4');
  t.deepEqual(daemon.defects, []);
});

test('a kill under load loses nothing that was acknowledged, and leaves no gap', async (t) => {
  const daemon = await startDaemonProcess(t, { nick: 'Ann', environment: HUB });
  await daemon.api.post('/api/rooms', { name: 'lobby' });
  const acknowledged = new Map<string, string>();
  const attempted = new Set<string>();

  for (let round = 0; round < KILLS; round++) {
    const hand = new WechatHand(daemon.hubUrl);
    const goal = acknowledged.size + BEFORE_KILL;
    let isOver = false;
    const talkers = Array.from({ length: TALKERS }, async (_, talker) => {
      const session = await hand.join('lobby', `guest ${talker}`);
      for (let i = 0; !isOver; i++) {
        const text = `${round} ${talker} ${i}`;
        attempted.add(text);
        const said = await hand.say('lobby', session, text).catch(() => undefined);
        if (said?.status === 200) acknowledged.set(text, said.headers.get('seqnr') ?? '');
      }
    });
    await eventually(() => acknowledged.size >= goal);
    await daemon.kill();
    isOver = true;
    await Promise.all(talkers);
    await daemon.start();
  }

  const events = await eventsOf(daemon);
  const said = new Map(
    events.flatMap((event) => (event.type === 'MSG' ? [[event.message, event.seqnr]] : [])),
  );
  const messages = events.filter(({ type }) => type === 'MSG');
  t.true(events.every(({ seqnr }, index) => seqnr === index + 1));
  t.deepEqual(
    [...acknowledged].filter(([text, seqnr]) => String(said.get(text)) !== seqnr),
    [],
  );
  t.is(said.size, messages.length);
  t.true([...said.keys()].every((text) => attempted.has(text)));
  t.deepEqual(daemon.defects, []);
});

test('guests are gone after a restart, and the room says so when it matters', async (t) => {
  const daemon = await startDaemonProcess(t, { nick: 'Ann', environment: HUB });
  await daemon.api.post('/api/rooms', { name: 'lobby' });
  const session = await new WechatHand(daemon.hubUrl).join('lobby', 'ringo');
  await daemon.kill();
  await daemon.start();
  const hand = new WechatHand(daemon.hubUrl);

  t.is((await hand.event('lobby', session)).status, 401);
  await daemon.api.post('/api/rooms/lobby/messages', { message: 'anybody?' });

  const owner = `Ann@${daemon.address}`;
  t.like((await eventsOf(daemon)).slice(1), {
    0: { type: 'DIR', users: [owner, 'ringo'] },
    1: { type: 'MSG', message: 'anybody?' },
    2: { type: 'DIR', users: [owner] },
  });
});
