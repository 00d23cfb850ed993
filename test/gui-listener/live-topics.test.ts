import test, { type ExecutionContext } from 'ava';
import type { EventMap } from '../../daemon/domain/events.ts';
import { LiveTopics } from '../../daemon/gui-listener/live-topics.ts';
import { settle } from '../helpers/fake-clock.ts';
import { hubWith, join, subscribe } from '../helpers/topic-world.ts';
import {
  API_TOKEN,
  BOB,
  openSocket,
  receive,
  startGui,
  type GuiWorld,
} from '../helpers/gui-world.ts';
import { parseAddress } from '../../daemon/wire/address.ts';

const BEARER = { headers: { authorization: `Bearer ${API_TOKEN}` } };
const EVE = parseAddress('203.0.113.9');

/** A hub of its own, to which what happens is told once that is started. */
function hear(t: ExecutionContext, { domain }: Pick<GuiWorld, 'domain'>) {
  const { hub } = hubWith();
  const live = new LiveTopics({ domain, hub, onDefect: (error) => t.fail(String(error)) });
  t.teardown(() => live.stop());
  return { hub, live };
}

test('the address book is followed live, contact requests among it', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB, nick: 'Bob' });
  const socket = await openSocket(t, gui, [], BEARER);

  const value = await socket.subscribe('_vestnik/contacts', 'dict');
  t.like(value, { [BOB]: { address: BOB, nick: 'Bob', state: 'requested', unread: 0 } });

  const at = gui.clock.nowMs();
  await gui.requests.park({ address: EVE, nick: 'Eve', key: 'k', identity: undefined, at });
  const asked = await socket.nextChange('_vestnik/contacts');
  t.like(asked, { type: 'add', key: EVE, value: { nick: 'Eve', state: 'request' } });

  await gui.domain.contacts.change(BOB, { nick: 'Bobby' });
  const changed = await socket.nextChange('_vestnik/contacts');
  t.like(changed, { type: 'change_value', key: BOB, value: { nick: 'Bobby' } });

  await gui.domain.trust.dismiss(EVE);
  t.like(await socket.nextChange('_vestnik/contacts'), { type: 'pop', key: EVE });
});

test('a message that comes shows in messages, in its conversation, and in the unread count', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const socket = await openSocket(t, gui, [], BEARER);
  t.is(await socket.subscribe('_vestnik/messages', 'event'), null);
  t.like(await socket.subscribe('_vestnik/conversations', 'dict'), { [BOB]: { last: null } });
  await socket.subscribe('_vestnik/contacts', 'dict');

  const s = await receive(gui, BOB, 'hello');

  t.like(await socket.nextChange('_vestnik/messages'), {
    type: 'emit',
    args: { s, message: 'hello', from: BOB, direction: 'in' },
  });
  t.like(await socket.nextChange('_vestnik/contacts'), { key: BOB, value: { unread: 1 } });
  t.like(await socket.nextChange('_vestnik/conversations'), {
    type: 'change_value',
    key: BOB,
    value: { address: BOB, unread: 1, last: { s, message: 'hello' } },
  });
  await gui.domain.conversations.markRead(BOB, s);
  t.like(await socket.nextChange('_vestnik/conversations'), {
    value: { unread: 0, read_up_to: s },
  });
});

test('a message that comes alone is told at once, several together', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const { hub, live } = hear(t, gui);
  live.start();
  const client = join(hub);
  subscribe(hub, client, '_vestnik/messages', 'event');
  const told = (): number => client.changesOf('_vestnik/messages').length;
  const count = async (): Promise<readonly number[]> => {
    const before = told();
    for (let i = 0; i < 3; i++) await Promise.resolve();
    const soon = client.hurried === client.frames.length ? told() : before;
    await settle();
    return [soon - before, told() - before];
  };
  const events: EventMap['message'][] = [];
  const stop = gui.domain.events.on('message', (event) => events.push(event));
  for (const text of ['one', 'two']) await receive(gui, BOB, text);
  stop();
  await settle();

  const [one, two] = events;
  gui.domain.events.emit('message', one!);
  const alone = await count();
  gui.domain.events.emit('message', one!);
  gui.domain.events.emit('message', two!);
  const together = await count();

  t.deepEqual(
    [alone, together],
    [
      [1, 1],
      [0, 2],
    ],
  );
});

test('who asks for batches is told together what is told together, in frames of moderate size', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const { hub, live } = hear(t, gui);
  const events: EventMap['message'][] = [];
  gui.domain.events.on('message', (event) => events.push(event));
  for (let number = 0; number < 250; number++) await receive(gui, BOB, `number ${number}`);
  for (const letter of ['a', 'b', 'c']) await receive(gui, BOB, letter.repeat(40_000));
  live.start();
  const client = join(hub);
  subscribe(hub, client, '_vestnik/message-batches', 'event');
  await settle();
  const batches = (): readonly (readonly object[])[] =>
    client.changesOf('_vestnik/message-batches').flatMap((change) => {
      const { type, args } = change as Readonly<{ type: string; args: readonly object[] }>;
      return type === 'emit' ? [args] : [];
    });

  for (const event of [...events]) gui.domain.events.emit('message', event);
  await settle();
  t.deepEqual(
    batches().map(({ length }) => length),
    [100, 100, 52, 1],
  );
  t.like(batches()[2], [{ message: 'number 200' }]);

  gui.domain.events.emit('message', events[0]!);
  await gui.domain.deletions.remove(BOB, ['in-2'], { isForBoth: false });
  await settle();
  const rest = batches().slice(4);
  t.is(rest.length, 2);
  t.true(rest.some(([only]) => only !== undefined && 'deleted' in only));
});

test('many changes within a moment are told once', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/contacts', 'dict');

  for (let i = 0; i < 100; i++) gui.domain.events.emit('contact', { address: BOB });
  await gui.domain.contacts.change(BOB, { nick: 'last' });
  t.like(await socket.nextChange('_vestnik/contacts'), { value: { nick: 'last' } });

  await gui.domain.contacts.remove(BOB, { withHistory: true });
  t.like(await socket.nextChange('_vestnik/contacts'), { type: 'pop', key: BOB });
});

test('the status tells only what changed', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const value = await socket.subscribe('_vestnik/status', 'dict');
  t.like(value, { nick: 'Alice', outbox: 0, disk: { state: 'ok' }, notices: [] });

  await gui.domain.owner.change({ nick: 'Alicia' });
  t.like(await socket.nextChange('_vestnik/status'), { key: 'nick', value: 'Alicia' });
  gui.domain.events.emit('notice', { at: gui.clock.nowMs(), code: 'damaged', message: 'one' });
  t.like(await socket.nextChange('_vestnik/status'), {
    key: 'notices',
    value: [{ code: 'damaged', message: 'one' }],
  });
});

test('a deleted message is told, so that other browsers drop it', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const s = await receive(gui, BOB, 'oops');
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/messages', 'event');

  await gui.domain.deletions.remove(BOB, ['in-1'], { isForBoth: false });

  t.like(await socket.nextChange('_vestnik/messages'), {
    args: { deleted: { address: BOB, s, id: 'in-1' } },
  });
});

test('a cleared conversation is told once, and no change of what was in it after that', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const s = await receive(gui, BOB, 'one');
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/messages', 'event');

  await gui.domain.deletions.clear(BOB);

  const change = await socket.nextChange('_vestnik/messages');
  t.like(change, { args: { cleared: { address: BOB } } });
  const { up_to: upTo } = (change as { args: { cleared: { up_to: number } } }).args.cleared;
  t.true(upTo >= s);
});

test('a removed conversation leaves the list', async (t) => {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/conversations', 'dict');

  await gui.domain.contacts.remove(BOB, { withHistory: false });

  t.like(await socket.nextChange('_vestnik/conversations'), { type: 'pop', key: BOB });
  t.deepEqual(gui.defects, []);
});
