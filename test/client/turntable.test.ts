/** docs/client.md#presence and #games, with real hubs: one alone, three in a cluster, and lines that break. */
import test, { type ExecutionContext } from 'ava';
import { OPEN_GRANT } from '../../daemon/domain/guest-grant.ts';
import { InProcessBus } from '../../daemon/domain/in-process-bus.ts';
import { shardOf } from '../../daemon/wire/shard.ts';
import type { GameAction } from '../../daemon/wire/turntable.ts';
import { connectTurntable } from '../../gui/client-node/client.ts';
import { openNodeSocket } from '../../gui/client-node/open-node-socket.ts';
import { ClientError } from '../../gui/client/errors.ts';
import type { Game } from '../../gui/client/game.ts';
import type { OpenSocket, SocketEvents } from '../../gui/client/sockets.ts';
import { cutSockets } from '../helpers/cut-sockets.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHub } from '../helpers/hub-world.ts';

function come(t: ExecutionContext, url: string, id: string, token?: string) {
  const { openSocket, cut } = cutSockets(openNodeSocket);
  const table = connectTurntable({ url, id, openSocket, ...(token !== undefined && { token }) });
  t.teardown(() => table.close());
  return { table, cut };
}

function hears(game: Game): readonly GameAction[] {
  const actions: GameAction[] = [];
  game.onAction((action) => actions.push(action));
  return actions;
}

test('who is watched is told of, over a broken line as well', async (t) => {
  const { url } = await startHub(t);
  const [ann, boris] = [come(t, url, '1:ann'), come(t, url, '1:boris')];
  const heard: string[] = [];
  ann.table.onStatus((id, status) => heard.push(`${id} ${status}`));
  ann.table.watch('1:boris', '1:nobody');
  await eventually(() => ann.table.statuses.get('1:boris') === 'online');

  ann.cut();
  boris.table.setStatus('busy');
  boris.cut();
  boris.table.retryNow();
  ann.table.retryNow();
  await eventually(() => ann.table.statuses.get('1:boris') === 'busy');

  t.is(ann.table.statuses.get('1:nobody'), 'offline');
  t.true(heard.includes('1:boris busy'));
});

test('a game goes on after a broken line, and what waited is played then', async (t) => {
  const { url, clock } = await startHub(t);
  const [ann, boris] = [come(t, url, '1:ann'), come(t, url, '1:boris')];
  const invited = new Promise((resolve) => void boris.table.onInvitation(resolve));
  const hers = ann.table.join('chess', { invite: ['1:boris'] });
  t.deepEqual(await invited, { channel: 'chess', from: '1:ann' });
  const his = boris.table.join('chess');
  const seen = hears(his);
  await his.joined;
  t.deepEqual(await hers.act({ move: 1 }), {
    timestamp: clock.nowMs(),
    from: '1:ann',
    data: { move: 1 },
  });

  ann.cut();
  const later = hers.act({ move: 2 });
  ann.table.retryNow();
  t.is((await later).from, '1:ann');

  await eventually(() => seen.length === 2);
  t.deepEqual(
    seen.map(({ data }) => data),
    [{ move: 1 }, { move: 2 }],
  );
  t.deepEqual(hers.members, ['1:ann', '1:boris']);
  hers.leave();
  await eventually(() => his.members.length === 1);
  await t.throwsAsync(hers.act(null), { instanceOf: ClientError });
});

test('an action that was on its way when the line broke may have been seen', async (t) => {
  const { url } = await startHub(t);
  const { table, cut } = come(t, url, '1:ann');
  const game = table.join('chess');
  await game.joined;

  const work = game.act('e4');
  cut();

  const error = await t.throwsAsync(work, { instanceOf: ClientError });
  t.is(error.code, 'uncertain');
});

test('a game is played where its cluster has it, and its invitations are heard once', async (t) => {
  const bus = new InProcessBus();
  const servers = ['http://a.invalid', 'http://b.invalid'];
  for (const self of servers.keys()) {
    servers[self] = (await startHub(t, { bus, shards: { servers, self } })).url;
  }
  const nameAt = (server: number): string => {
    for (let at = 0; ; at++) if (shardOf(`game ${at}`, 2) === server) return `game ${at}`;
  };
  const [ann, boris] = [come(t, servers[0]!, '1:ann'), come(t, servers[1]!, '1:boris')];
  const invitations: string[] = [];
  boris.table.onInvitation(({ channel }) => invitations.push(channel));
  // He is connected with both servers then.
  await boris.table.join(nameAt(0)).joined;

  const away = ann.table.join(nameAt(1), { invite: ['1:boris'] });
  const home = ann.table.join(nameAt(0));
  await Promise.all([away.joined, home.joined]);
  const seen = hears(boris.table.join(nameAt(1)));
  await eventually(() => away.members.length === 2);
  await away.act('there');
  ann.cut();
  ann.table.retryNow();
  await away.act('there again');

  await eventually(() => seen.length === 2);
  t.deepEqual(invitations, [nameAt(1)]);
  away.leave();
  t.is((await home.act('here')).data, 'here');
});

test('who is not let in is told why, and does not try again', async (t) => {
  const { url } = await startHub(t, { tokens: new Map([['a-token-of-somebody', OPEN_GRANT]]) });
  const { table } = come(t, url, '1:ann', 'another-token-of-somebody');
  const told = new Promise<ClientError>((resolve) => void table.onError(resolve));
  const game = table.join('chess');

  t.is((await told).code, 'unauthorized');
  t.deepEqual(table.state, { state: 'refused' });
  await t.throwsAsync(game.joined, { instanceOf: ClientError });
});

test('what a hub says no to is told to who asked for it', async (t) => {
  const { url } = await startHub(t);
  const { table } = come(t, url, '1:ann');
  const other = table.join('chess');
  await other.joined;

  const error = await t.throwsAsync(table.join('x', { invite: ['0:198.51.100.1'] }).joined);

  t.true(error instanceof ClientError && error.code === 'forbidden');
  const told = new Promise<ClientError>((resolve) => void table.onError(resolve));
  other.invite('0:198.51.100.1');
  t.is((await told).code, 'forbidden');
  t.is((await other.act(1)).from, '1:ann');
});

/** A hub that sends everybody on to somewhere else, and what was connected to. */
function startElsewhere(url: string, server: string) {
  const opened: string[] = [];
  const answer = (text: string, { onText }: SocketEvents): void => {
    const { command } = JSON.parse(text) as { command: string };
    if (command === 'subscribe') onText('{"command":"userchange","data":{}}');
    if (command === 'joingame') {
      onText(JSON.stringify({ command: 'moved', data: { id: 'chess', server } }));
    }
  };
  const openSocket: OpenSocket = (request, events) => {
    opened.push(request.url);
    queueMicrotask(() => {
      events.onOpen();
      events.onText('{"command":"idyou","data":{}}');
    });
    return { send: (text) => queueMicrotask(() => answer(text, events)), close: () => undefined };
  };
  return { opened, table: connectTurntable({ url, id: '1:ann', token: 'secret', openSocket }) };
}

for (const [what, from, to] of [
  ['a server in the open', 'wss://a.example', 'ws://b.example'],
  ['something that is no server', 'ws://a.example', 'file:///etc/passwd'],
] as const) {
  test(`a game is not followed to ${what}`, async (t) => {
    const { opened, table } = startElsewhere(from, to);

    const error = await t.throwsAsync(table.join('chess').joined, { instanceOf: ClientError });

    t.is(error.code, 'rejected');
    t.deepEqual(opened, [`${from}/turntable`]);
    table.close();
  });
}

test('servers that send each other’s games to and fro are given up', async (t) => {
  const { opened, table } = startElsewhere('ws://a.example', 'ws://a.example');

  const error = await t.throwsAsync(table.join('chess').joined, { instanceOf: ClientError });

  t.is(error.code, 'rejected');
  t.is(opened.length, 1);
  table.close();
});
