/** docs/topics.md#debugger: who gets in, and what is shown. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket, type ClientOptions } from 'ws';
import { openDebuggerListener } from '../../daemon/debugger/debugger-listener.ts';
import { DebuggerConnection, REFRESH_MS } from '../../daemon/debugger/debugger-connection.ts';
import { withoutSecrets } from '../../daemon/debugger/without-secrets.ts';
import { TopicMonitor } from '../../daemon/domain/topic-monitor.ts';
import { openDoor } from '../../daemon/gui-listener/open-door.ts';
import { parseListenTarget } from '../../daemon/http/listen.ts';
import type { DebuggerFrame } from '../../daemon/wire/debugger.ts';
import { Api } from '../helpers/api.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { API_TOKEN, openSocket, startGui } from '../helpers/gui-world.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { statusOfRefusal } from '../helpers/topic-socket.ts';

const BEARER = { authorization: `Bearer ${API_TOKEN}` };

async function startDebugger(t: ExecutionContext) {
  const monitor = new TopicMonitor(new FakeClock());
  const gui = await startGui(t, { monitor });
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  const listener = await openDebuggerListener({
    target: parseListenTarget('127.0.0.1:0'),
    ...{ monitor, door: openDoor(gui.login), filesFolder: folder, clock: gui.clock },
    onDefect: (error) => t.fail(String(error)),
  });
  t.teardown(() => listener.close());
  const client = await openSocket(t, gui, [], { headers: BEARER });
  return { gui, monitor, url: listener.url, link: listener.link, client };
}

/** A page of the debugger by hand. */
class MonitorHand {
  readonly socket: WebSocket;
  readonly #frames: DebuggerFrame[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse((data as Buffer).toString('utf8')) as DebuggerFrame);
      this.#wake();
    });
  }

  /** The next frame of this type; others are passed by. */
  async next<Type extends DebuggerFrame['type']>(type: Type) {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame?.type === type) return frame as Extract<DebuggerFrame, { type: Type }>;
      if (frame !== undefined) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function connect(url: string, path: string, protocols: string[], options: ClientOptions) {
  return new WebSocket(url.replace('http', 'ws') + path, protocols, options);
}

async function openMonitor(
  t: ExecutionContext,
  url: string,
  protocols: string[] = [],
  options: ClientOptions = { headers: BEARER },
): Promise<MonitorHand> {
  const socket = connect(url, '/monitor', protocols, options);
  t.teardown(() => socket.terminate());
  const hand = new MonitorHand(socket);
  await once(socket, 'open');
  return hand;
}

async function refusal(
  url: string,
  path: string,
  protocols: string[],
  options: ClientOptions,
): Promise<number> {
  const socket = connect(url, path, protocols, options);
  return statusOfRefusal(socket);
}

test('a page sees topics with their values, subscribers, services and the last frames', async (t) => {
  const { url, client } = await startDebugger(t);
  await client.subscribe('draft/203.0.113.7', 'string');
  client.send('register_service', { service_name: 'sum' });
  await client.subscribe('_vestnik/contacts', 'dict');
  const page = await openMonitor(t, url);

  t.deepEqual((await page.next('worlds')).worlds, ['owner']);
  const { topics, services, isWhole } = await page.next('state');
  const { frames } = await page.next('frames');

  t.true(isWhole);
  const draft = topics.find(({ name }) => name === 'draft/203.0.113.7');
  t.like(draft, { type: 'string', text: '""', subscriberCount: 1 });
  t.is(topics.find(({ name }) => name === '_vestnik/contacts')?.text, '{}');
  t.is(topics.find(({ name }) => name === '_vestnik/rooms')?.text, null);
  t.deepEqual(
    services.filter(({ name }) => name === 'sum'),
    [{ name: 'sum', provider: draft?.subscribers[0] ?? '' }],
  );
  t.deepEqual(
    frames.map(({ direction }) => direction),
    ['out', 'in', 'out', 'in', 'in', 'out'],
  );
});

test('changes, clients that leave and an opened value are shown as they come', async (t) => {
  const { url, client, gui, monitor } = await startDebugger(t);
  const name = 'draft/203.0.113.7';
  await client.subscribe(name, 'string');
  const page = await openMonitor(t, url);
  await page.next('frames');
  page.socket.send(JSON.stringify({ type: 'open', topic: name }));
  t.deepEqual(await page.next('value'), { type: 'value', topic: name, text: '""', isCut: false });

  client.send('update', { topic_name: name, change: { type: 'set', value: 'dear' } });
  await client.nextChange(name);
  gui.clock.advance(REFRESH_MS);

  const { isWhole, topics } = await page.next('state');
  t.false(isWhole);
  t.deepEqual(
    topics.map((topic) => [topic.name, topic.text]),
    [[name, '"dear"']],
  );
  t.is((await page.next('value')).text, '"dear"');
  t.is((await page.next('frames')).frames.length, 2);
  const left = new Promise<void>((resolve) => {
    monitor.onFrame(() => resolve());
  });
  client.socket.close();
  await left;
  gui.clock.advance(REFRESH_MS);

  t.is((await page.next('frames')).frames.at(-1)?.direction, 'left');
});

test('a value that stays the same is not read again, however much happens elsewhere', async (t) => {
  const clock = new FakeClock();
  const monitor = new TopicMonitor(clock);
  let reads = 0;
  const large = {
    ...{ name: 'large', type: 'generic', stamp: {}, subscribers: ['c'] },
    read: () => `value ${++reads}`,
  };
  const tell = monitor.watch('owner', { inspect: () => ({ topics: [large], services: [] }) });
  const sent: DebuggerFrame[] = [];
  const line = {
    start: () => undefined,
    send: (text: string) => void sent.push(JSON.parse(text) as DebuggerFrame),
    close: () => undefined,
  };
  new DebuggerConnection({ line, monitor, clock }).start(() => undefined);

  for (let made = 0; made < 3; made++) {
    tell({ client: 'c', direction: 'in', text: '{}' });
    clock.advance(REFRESH_MS);
  }
  t.is(reads, 1);
  large.stamp = {};
  tell({ client: 'c', direction: 'in', text: '{}' });
  clock.advance(REFRESH_MS);

  t.is(reads, 2);
  const texts = sent.flatMap((frame) => (frame.type === 'state' ? frame.topics : []));
  t.deepEqual(
    texts.map(({ text }) => text),
    ['"value 1"', '"value 2"'],
  );
});

test('only the last 200 frames are kept, and another world has its own', async (t) => {
  const clock = new FakeClock();
  const monitor = new TopicMonitor(clock);
  const nothing = { inspect: () => ({ topics: [], services: [] }) };
  const owner = monitor.watch('owner', nothing);
  const guests = monitor.watch('guests', nothing);

  for (let at = 0; at < 250; at++) owner({ client: 'c', direction: 'in', text: String(at) });
  guests({ client: 'g', direction: 'out', text: '{}' });

  t.deepEqual(monitor.worlds, ['owner', 'guests']);
  t.is(monitor.framesAfter('owner', 0).length, 200);
  t.is(monitor.framesAfter('owner', 0)[0]?.text, '50');
  t.deepEqual(
    monitor.framesAfter('guests', 0).map(({ client }) => client),
    ['g'],
  );
});

test('row 30: tokens are not shown, whatever frame they are in', (t) => {
  const token = 'H7H4p_pOd5dlSfI8MgqYW7ZNzw-6rbBmJpUdrTC8aD4';

  for (const text of [
    `{"type":"update","content":{"change":{"key":"outbox","value":{"token":"short"}}}}`,
    `{"text":"look: http://127.0.0.1:1/#t=${token} there"}`,
    `not JSON ${token}`,
  ]) {
    const shown = withoutSecrets(text);
    t.true(shown.includes('[redacted]'), text);
    t.false(shown.includes(token) || shown.includes('short'), text);
  }
  const harmless = '{"change":{"type":"add","key":"outbox","value":1}}';
  t.is(withoutSecrets(harmless), harmless);
});

test('row 26: nobody gets in without a token or an unused ticket, from elsewhere or under another name', async (t) => {
  const { url, gui } = await startDebugger(t);
  const { body } = await gui.api.post('/api/ws-ticket');
  const ticket = ['vestnik.v1', `t.${(body as { ticket: string }).ticket}`];

  t.is(await refusal(url, '/monitor', [], {}), 401);
  t.is(await refusal(url, '/monitor', ticket, {}), 401);
  t.is(await refusal(url, '/monitor', ['vestnik.v1', 't.wrong'], { origin: url }), 401);
  t.is(await refusal(url, '/monitor', ticket, { origin: gui.url }), 403);
  t.is(await refusal(url, '/monitor', ticket, { origin: 'http://evil.example' }), 403);
  t.is(await refusal(url, '/monitor', [], { headers: { ...BEARER, host: 'evil.example' } }), 421);
  t.is(await refusal(url, '/chatroom', [], { headers: BEARER }), 404);
  await openMonitor(t, url, ticket, { origin: url });
  t.is(await refusal(url, '/monitor', ticket, { origin: url }), 401);
  for (let more = 0; more < 3; more++) await openMonitor(t, url);
  t.is(await refusal(url, '/monitor', [], { headers: BEARER }), 503);
});

test('the link lets one browser in, which is out when its session ends', async (t) => {
  const { url, link, gui } = await startDebugger(t);
  const api = new Api(url, '');
  const ticket = new URL(link).hash.slice('#t='.length);

  const first = await api.post('/api/login', { ticket });
  const second = await api.post('/api/login', { ticket });
  const { token } = first.body as { token: string };
  const answer = await new Api(url, token).post('/api/ws-ticket');
  const page = await openMonitor(
    ...[t, url, ['vestnik.v1', `t.${(answer.body as { ticket: string }).ticket}`]],
    { origin: url },
  );
  const closed = once(page.socket, 'close');
  await gui.login.revoke(gui.login.sessions()[0]!.id);

  t.is(second.status, 401);
  t.is(((await closed) as [number])[0], 4001);
});

test('the listener answers its page and the login, and nothing else of the API', async (t) => {
  const { url } = await startDebugger(t);
  const owner = new Api(url, API_TOKEN);

  const page = await fetch(url);
  t.is(page.status, 200);
  t.regex(
    page.headers.get('content-security-policy') ?? '',
    /^default-src 'none'; script-src 'self'/,
  );
  t.is(page.headers.get('cache-control'), 'no-store');
  t.is((await owner.get('/api/contacts')).status, 404);
  t.is((await new Api(url, 'x').get('/api/contacts')).status, 401);
  t.is((await fetch(url, { method: 'POST' })).status, 405);
  t.is((await fetch(url, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
});
