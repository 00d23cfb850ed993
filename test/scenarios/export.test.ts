/** Everything readable out of one daemon and into another. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ApiRoom } from '../../daemon/wire/rooms-api.ts';
import { conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { runCommand } from '../helpers/run-command.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const NOBODY = '127.0.0.9:4999';

async function exportOf(daemon: DaemonProcess, file: string): Promise<string> {
  const { code, complaints } = await runCommand(['export', file, '--data', daemon.data]);
  if (code !== 0) throw new Error(complaints);
  return readFile(file, 'utf8');
}

/** The kind of each line. */
function kindsIn(text: string): readonly string[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { k: string }).k);
}

/** A daemon with every kind of message; the friend is gone. */
async function startWithHistory(t: ExecutionContext): Promise<DaemonProcess> {
  const [alice, bob] = await Promise.all([
    startDaemonProcess(t, { nick: 'Alice' }),
    startDaemonProcess(t, { nick: 'Bob' }),
  ]);
  await befriend(alice, bob);
  await alice.api.send(bob.address, 'привет, “Bob” \u202e \u0000');
  await bob.api.send(alice.address, 'read');
  await eventually(async () => (await alice.api.texts(bob.address)).length === 2);
  await alice.api.post(`/api/conversations/${encodeURIComponent(bob.address)}/read`, {
    upTo: (await alice.api.messages(bob.address)).at(-1)?.s,
  });
  await bob.api.send(alice.address, 'not read yet');
  await eventually(async () => (await alice.api.texts(bob.address)).length === 3);
  await eventually(async () => (await alice.api.messages(bob.address))[0]?.state === 'delivered');
  await talkInRooms(alice, bob);
  await bob.stop();
  await alice.api.post('/api/contacts', { address: NOBODY, nick: 'Nobody' });
  await alice.api.send(NOBODY, 'waits', 'an-id-of-mine');
  await alice.api.send(NOBODY, 'taken back', 'cancelled');
  await alice.api.post(`${conversationPath(NOBODY)}/cancelled/cancel`);
  await alice.api.post(`/api/contacts/${encodeURIComponent(NOBODY)}/block`);
  return alice;
}

/** In one room of each. */
async function talkInRooms(alice: DaemonProcess, bob: DaemonProcess): Promise<void> {
  await alice.api.post('/api/rooms', { name: 'lobby', topic: 'tea', private: true });
  await alice.api.post('/api/rooms/lobby/messages', { message: 'to myself \u202e\n' });
  await alice.api.post('/api/rooms/lobby/ban', { user: 'eve' });
  await bob.api.post('/api/rooms', { name: 'кухня' });
  const title = `кухня@${bob.address}`;
  const path = `/api/rooms/${encodeURIComponent(title)}`;
  await alice.api.post('/api/rooms/join', { room: title });
  await bob.api.post(`/api/rooms/${encodeURIComponent('кухня')}/messages`, { message: 'hello' });
  await eventually(async () => {
    const { last, sync } = (await alice.api.get(path)).body as ApiRoom;
    return last !== null && sync?.state === 'equal';
  });
}

test('an export that is imported elsewhere is exported byte for byte, and importing it again adds nothing', async (t) => {
  const place = await temporaryFolder(t);
  const alice = await startWithHistory(t);
  const first = await exportOf(alice, join(place, 'first'));
  const one = await runCommand([
    ...['export', join(place, 'one'), '--contact', 'Nobody'],
    ...['--data', alice.data],
  ]);
  const nobody = await alice.api.get('/api/export?address=127.0.0.77');
  await alice.stop();
  const carol = await startDaemonProcess(t, { nick: '' });

  const imported = await runCommand(['import', join(place, 'first'), '--data', carol.data]);
  const second = await exportOf(carol, join(place, 'second'));
  const again = await runCommand(['--json', 'import', join(place, 'first'), '--data', carol.data]);
  const third = await exportOf(carol, join(place, 'third'));

  t.is(one.code, 0, one.complaints);
  t.deepEqual(kindsIn(await readFile(join(place, 'one'), 'utf8')), [
    ...['vestnik', 'contact', 'message', 'message', 'end'],
  ]);
  t.is(nobody.status, 404);
  t.is(imported.code, 0, imported.complaints);
  t.regex(
    imported.output,
    /^Added 2 contacts, 5 messages, 2 rooms and 5 events; 0 were there already\./,
  );
  t.is(second, first);
  t.is(third, first);
  t.deepEqual(JSON.parse(again.output), {
    contacts: 0,
    known_contacts: 2,
    messages: 0,
    known_messages: 5,
    rooms: 0,
    known_rooms: 2,
    events: 0,
    known_events: 5,
  });
  const rooms = (await carol.api.get('/api/rooms')).body as readonly ApiRoom[];
  t.deepEqual(rooms.map(({ name, seqnr, joined }) => [name, seqnr, joined]).sort(), [
    ['lobby', 2, true],
    ['кухня', 3, false],
  ]);
  t.deepEqual(
    (await carol.api.messages(NOBODY)).map(({ message, state, reason }) => [
      message,
      state,
      reason,
    ]),
    [
      ['waits', 'queued', undefined],
      ['taken back', 'failed', 'cancelled'],
    ],
  );
  const unread = (await carol.api.conversations()).map((one) => one.unread);
  t.deepEqual(unread.sort(), [0, 1]);
  t.true((await carol.api.contact(NOBODY))?.blocked);
  for (const secret of ['issued_key', 'seed', '"key"', '"invite"']) t.false(first.includes(secret));

  await carol.stop();
  await carol.start();
  t.is(await exportOf(carol, join(place, 'after a restart')), first);
  t.deepEqual(carol.defects, []);
});

test('an export that can’t be taken is refused as a whole, with the line', async (t) => {
  const daemon = await startDaemonProcess(t);
  const head = '{"k":"vestnik","v":1}';
  const contact = JSON.stringify({
    k: 'contact',
    address: NOBODY,
    nick: 'x',
    since: '2026-11-21T00:00:00.000Z',
    last_online: null,
    last_connect: null,
    can_resend: 0,
    relay_for: true,
    relay_plain: false,
    muted: false,
    blocked: false,
    retention: 'default',
    shares_presence: 'full',
    fingerprint: null,
    fingerprint_from: null,
  });
  const message = JSON.stringify({
    k: 'message',
    contact: NOBODY,
    direction: 'out',
    id: 'a',
    from: '127.0.0.1',
    to: NOBODY,
    message: 'hello',
    timestamp: '2026-11-21T00:00:00.000Z',
    received: '2026-11-21T00:00:00.000Z',
    enctype: '',
    steps: [],
  });
  const room = JSON.stringify({
    k: 'room',
    uid: 'q3Vx0mJ2S8m1o4kTqv7cGA',
    name: 'lobby',
    host: null,
    topic: '',
    private: false,
    closed: false,
    joined: false,
    muted: false,
    members: [],
    read_up_to: 0,
    created: '2026-11-21T00:00:00.000Z',
  });
  const event = JSON.stringify({
    k: 'event',
    room: 'q3Vx0mJ2S8m1o4kTqv7cGA',
    seqnr: 2,
    id: 'a',
    timestamp: '2026-11-21T00:00:00.000Z',
    type: 'DIR',
    users: [],
  });
  const end = '{"k":"end","contacts":1,"messages":1}';
  const good = [head, contact, message, end];
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /line 1: the export ends too early/],
    [good.slice(0, 3).join('\n'), /line 4: the export ends too early/],
    [[head, contact, end].join('\n'), /line 3: lines are missing/],
    [[head, message, contact, end].join('\n'), /line 2: it is not in its place/],
    [[head, contact, contact, message, end].join('\n'), /line 3: .* is there twice/],
    [[...good, 'more'].join('\n'), /line 5: not JSON/],
    [good.join('\n').replace('"v":1', '"v":3'), /line 1: /],
    [[head, event, end].join('\n'), /line 2: it is not in its place/],
    [[head, room, room, end].join('\n'), /line 3: .* is there twice/],
    [[head, room, event, event, end].join('\n'), /line 4: events come by their numbers/],
    [[head, room, event.replace(/q3Vx/, 'q3Vy'), end].join('\n'), /line 3: .*not behind its room/],
    [[head, room, event.replace(':2', ':0'), end].join('\n'), /line 3: seqnr/],
    [[head, room.replace('lobby', 'a/b'), end].join('\n'), /line 2: name/],
    [[head, room, event, '{"k":"end","contacts":0,"messages":0}'].join('\n'), /lines are missing/],
    [good.join('\n').replace('2026-11-21T00:00:00.000Z', '1e9'), /line 2: since/],
    [good.join('\n').replaceAll(NOBODY, '0.0.0.0'), /line 2: /],
    [good.join('\n').replaceAll(NOBODY, '127.0.0.9:04999'), /line 2: address/],
    [good.join('\n').replace('"hello"', '" "'), /line 3: .*blank/],
    [good.join('\n').replace('"hello"', JSON.stringify('x'.repeat(70_000))), /line 3: .*60000/],
    [good.join('\n').replace('"hello"', '"\\ud800"'), /line 3: message/],
    [good.join('\n').replace('"id":"a"', '"id":"../a"'), /line 3: id/],
    [good.join('\n').replace('[]', '['.repeat(50) + ']'.repeat(50)), /line 3: nested/],
    [`${head}\n${'x'.repeat(5_000_000)}`, /line 2: a line has at most/],
    ['{"k":"vestnik","v":1,"__proto__":{"k":"end"}}', /line 2: the export ends/],
  ];

  for (const [text, expected] of refused) {
    const { code, complaints } = await postExport(daemon, text);
    t.is(code, 400, text.slice(0, 80));
    t.regex(complaints, expected);
  }
  t.deepEqual(await daemon.api.contacts(), []);
  t.deepEqual(
    (await readdir(daemon.data)).filter((name) => name.endsWith('.tmp')),
    [],
  );
  t.is((await postExport(daemon, 'a=b', 'application/x-www-form-urlencoded')).code, 415);
  t.is((await postExport(daemon, good.join('\n'))).code, 200);
  t.deepEqual(await daemon.api.texts(NOBODY), ['hello']);
  t.deepEqual(daemon.defects, []);
});

/** Posts an export as a program would. */
async function postExport(
  { api }: DaemonProcess,
  body: string,
  type = 'application/x-ndjson',
): Promise<Readonly<{ code: number; complaints: string }>> {
  const response = await fetch(`${api.url}/api/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}`, 'content-type': type },
    body,
  });
  return { code: response.status, complaints: await response.text() };
}
