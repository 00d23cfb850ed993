/** Topics of guests on the hub listener (docs/topics.md#guests). */
import { once } from 'node:events';
import test from 'ava';
import { WebSocket, type ClientOptions } from 'ws';
import { VERDICT_TIMEOUT_MS } from '../../daemon/domain/change-validator.ts';
import { OPEN_GRANT, type GuestGrant } from '../../daemon/domain/guest-grant.ts';
import type { JsonObject, JsonValue } from '../../daemon/wire/topic.ts';
import { startHub, type HubWorld } from '../helpers/hub-world.ts';
import { openTopics, type SpokenTopics } from '../helpers/spoken-topics.ts';
import { statusOfRefusal } from '../helpers/topic-socket.ts';

const JUDGE = 'token-of-the-judge';
const WRITER = 'token-of-a-writer';
const READER = 'token-of-a-reader';
const TOKENS = new Map<string, GuestGrant>([
  [JUDGE, { ...OPEN_GRANT, rights: ['validate'] }],
  [WRITER, { rights: [], topics: [['board/*', 'write']], services: ['sum', 'math/*'] }],
  [
    READER,
    {
      rights: [],
      topics: [
        ['board/*', 'read'],
        ['_chatroom/topic_list', 'read'],
      ],
      services: [],
    },
  ],
]);
const VALIDATE = { service_name: '_chatroom/validate_change' };

function bearer(token: string): ClientOptions {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** The status with which an upgrade is refused. */
async function refusal(
  { url }: HubWorld,
  options: ClientOptions = {},
  protocols: readonly string[] = [],
): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chatroom`, [...protocols], options);
  return statusOfRefusal(socket);
}

/** Three guests with what their tokens allow. */
async function withTokens(t: Parameters<typeof startHub>[0]) {
  const hub = await startHub(t, { tokens: TOKENS });
  const come = (token: string) => openTopics(t, hub.url, bearer(token));
  return { hub, judge: await come(JUDGE), writer: await come(WRITER), reader: await come(READER) };
}

/** What a service answers to the next request. */
async function answerNext(provider: SpokenTopics, response: JsonValue): Promise<JsonObject> {
  const { fields } = await provider.hear();
  provider.say('response', { response, request_id: fields['request_id'] ?? null });
  return fields['args'] as JsonObject;
}

test('without tokens everybody comes in; with tokens only who has one', async (t) => {
  const open = await startHub(t);
  const closed = await startHub(t, { tokens: TOKENS });

  t.is((await (await openTopics(t, open.url)).subscribe('board', 'int')).type, 'update');
  t.is(await refusal(closed), 401);
  t.is(await refusal(closed, bearer('token-of-nobody')), 401);
  t.is(await refusal(closed, {}, ['vestnik.v1', 't.token-of-nobody']), 401);
  t.is(
    (await (await openTopics(t, closed.url, bearer(READER))).subscribe('x')).type,
    'reject_update',
  );
});

test('row 26: a page of a listed host comes in with its token as a subprotocol, any other not', async (t) => {
  const hub = await startHub(t, { tokens: TOKENS, hostNames: ['chat.example'] });
  const protocols = ['vestnik.v1', `t.${WRITER}`];

  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/chatroom`, protocols, {
    origin: 'https://chat.example',
  });
  t.teardown(() => socket.terminate());
  await once(socket, 'open');

  t.is(socket.protocol, 'vestnik.v1');
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
    t.is(await refusal(hub, { origin }, protocols), 403, origin);
  }
  t.is(await refusal(hub, { headers: { host: 'evil.example' } }, protocols), 421);
});

test('a token says which topics may be read, which written, and which services offered', async (t) => {
  const { hub, writer, reader } = await withTokens(t);

  t.is((await writer.subscribe('board/1', 'int')).type, 'update');
  t.is((await reader.subscribe('board/1', 'int')).type, 'update');
  t.is((await writer.change('board/1', { type: 'add', value: 1 })).type, 'update');
  t.is((await reader.hear()).type, 'update');
  const reasons = [
    [await reader.change('board/1', { type: 'add', value: 1 }), 'that topic is only for reading'],
    [await reader.subscribe('board/2', 'int'), 'unknown topic'],
    [await reader.subscribe('secret', 'int'), 'you may not read that topic'],
    [await writer.subscribe('secret', 'int'), 'you may not read that topic'],
    [await writer.subscribe('_chatroom/topic_list'), 'you may not read that topic'],
  ] as const;
  for (const [{ type, fields }, reason] of reasons) {
    t.is(type, 'reject_update');
    t.is(fields['reason'], reason);
  }
  t.is((await reader.subscribe('_chatroom/topic_list')).type, 'update');
  t.is((await writer.subscribe(`_chatroom/client_message/${writer.id}`)).type, 'update');
  for (const [service, request_id] of [
    ['sum', 1],
    ['math/pi', 2],
    ['other', 3],
  ] as const) {
    writer.say('register_service', { service_name: service, request_id });
  }
  t.like(await writer.hear(), { fields: { response: true, request_id: 1 } });
  t.like(await writer.hear(), { fields: { response: true, request_id: 2 } });
  t.like(await writer.hear(), { fields: { error: { message: 'you may not provide other' } } });
  t.deepEqual(hub.defects, []);
});

test('whoever has the right is asked before each change of a guest', async (t) => {
  const { judge, writer, reader } = await withTokens(t);
  await writer.subscribe('board/1', 'string');
  await reader.subscribe('board/1', 'string');
  writer.say('register_service', { ...VALIDATE, request_id: 1 });
  t.like(await writer.hear(), { fields: { error: { message: 'you may not judge changes' } } });
  judge.say('register_service', { ...VALIDATE, request_id: 1 });
  t.like(await judge.hear(), { fields: { response: true } });

  const change = { type: 'set', value: 'hello', id: 'a' };
  writer.say('update', { topic_name: 'board/1', change });
  const args = await answerNext(judge, true);
  const told = await writer.hear();
  writer.say('update', { topic_name: 'board/1', change: { type: 'set', value: 'rude', id: 'b' } });
  await answerNext(judge, { reason: 'mind your language' });

  t.deepEqual(args, { topic_name: 'board/1', change, client_id: writer.id });
  t.like(told, { type: 'update', fields: { change } });
  t.deepEqual(await reader.hear(), told);
  t.like(await writer.hear(), {
    type: 'reject_update',
    fields: { reason: 'mind your language', change: { id: 'b' } },
  });
});

test('a verdict that makes no sense, or does not come in 2 s, rejects the change', async (t) => {
  const { hub, judge, writer } = await withTokens(t);
  await writer.subscribe('board/1', 'int');
  judge.say('register_service', { ...VALIDATE, request_id: 1 });
  await judge.hear();

  for (const response of [false, 'yes', null, { ok: true }, { reason: 1 }]) {
    writer.say('update', { topic_name: 'board/1', change: { type: 'add', value: 1 } });
    await answerNext(judge, response);
    t.like((await writer.hear()).fields, { reason: 'whoever judges changes gave no verdict' });
  }
  for (const value of [1, 2]) {
    writer.say('update', { topic_name: 'board/1', change: { type: 'add', value } });
  }
  const { fields } = await judge.hear();
  hub.clock.advance(VERDICT_TIMEOUT_MS);
  // The second has waited as long, though it was not asked about.
  for (const value of [1, 2]) {
    t.like((await writer.hear()).fields, {
      change: { value },
      reason: 'nobody judged the change for 2 s',
    });
  }
  judge.say('response', { response: true, request_id: fields['request_id'] ?? null });
  await judge.settled();

  t.like((await writer.subscribe('board/1')).fields, { change: { value: 0 } });
});

test('when whoever judges leaves, what waits is rejected, and later changes are not judged', async (t) => {
  const { judge, writer } = await withTokens(t);
  await writer.subscribe('board/1', 'int');
  judge.say('register_service', { ...VALIDATE, request_id: 1 });
  await judge.hear();

  for (const value of [1, 2]) {
    writer.say('update', { topic_name: 'board/1', change: { type: 'add', value } });
  }
  await judge.hear();
  judge.socket.terminate();

  for (const value of [1, 2]) {
    t.like((await writer.hear()).fields, {
      change: { value },
      reason: 'whoever judges changes left',
    });
  }
  t.is((await writer.change('board/1', { type: 'add', value: 4 })).type, 'update');
});

test('row 35: nobody calls the judge, and nobody else gives a verdict', async (t) => {
  const { judge, writer } = await withTokens(t);
  await writer.subscribe('board/1', 'int');
  judge.say('register_service', { ...VALIDATE, request_id: 1 });
  await judge.hear();

  writer.say('request', { ...VALIDATE, args: {}, request_id: 'mine' });
  t.like((await writer.hear()).fields, { error: { code: 'unknown_service' } });
  writer.say('update', { topic_name: 'board/1', change: { type: 'add', value: 1 } });
  const { fields } = await judge.hear();
  writer.say('response', { response: true, request_id: fields['request_id'] ?? null });
  await writer.settled();
  judge.say('response', { response: { reason: 'no' }, request_id: fields['request_id'] ?? null });

  t.like((await writer.hear()).fields, { reason: 'no' });
});

test('row 26: guests of one address share a rate, whatever their number', async (t) => {
  const hub = await startHub(t, { framesPerSecond: 10 });
  const [one, other] = [await openTopics(t, hub.url), await openTopics(t, hub.url)];
  await one.subscribe('board', 'int');
  await other.subscribe('board', 'int');

  for (let sent = 2; sent < 40; sent++) {
    one.say('update', { topic_name: 'board', change: { type: 'add', value: 1 } });
    t.is((await one.hear()).type, 'update');
  }
  await other.settled();
  for (let heard = 2; heard < 40; heard++) await other.hear();
  const late = await other.change('board', { type: 'add', value: 1 });
  hub.clock.advance(1000);
  const later = await other.change('board', { type: 'add', value: 1 });

  t.is(late.type, 'reject_update');
  t.regex(late.fields['reason'] as string, /too fast/);
  t.is(later.type, 'update');
});

test('a topic of drafts is no draft among guests: it ends with its last subscriber', async (t) => {
  const hub = await startHub(t);
  const guest = await openTopics(t, hub.url);
  await guest.subscribe('draft/x', 'string');
  await guest.change('draft/x', { type: 'set', value: 'hello' });

  guest.say('unsubscribe', { topic_name: 'draft/x' });

  t.like((await guest.subscribe('draft/x', 'int')).fields, { change: { value: 0 } });
});

test('who tries one wrong token after the other has to wait, with a right one as well', async (t) => {
  const hub = await startHub(t, { tokens: TOKENS });
  const from = { localAddress: '127.0.0.2' };
  const reader = await openTopics(t, hub.url, { ...bearer(READER), ...from });

  for (let made = 0; made < 5; made++) {
    t.is(await refusal(hub, { ...bearer(`wrong-token-number-${made}`), ...from }), 401);
  }
  t.is(await refusal(hub, { ...bearer(WRITER), ...from }), 429);
  t.is(await refusal(hub, { ...bearer('wrong-token-number-4'), ...from }), 401);

  // Who was in already comes back, and others are not concerned.
  reader.socket.terminate();
  await openTopics(t, hub.url, { ...bearer(READER), ...from });
  await openTopics(t, hub.url, bearer(WRITER));
  hub.clock.advance(60_000);
  await openTopics(t, hub.url, { ...bearer(WRITER), ...from });
  t.deepEqual(hub.defects, []);
});
