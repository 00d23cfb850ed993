/** Frames of the two WebSocket protocols: sound ones, and the same made odd, bytes and all. */
import type { JsonObject, JsonValue } from '../../daemon/wire/topic.ts';
import { seededRandom, type SeededRandom } from '../soak/seeded-random.ts';

/** Values that come close to right, or to something that breaks. */
const ODD: readonly [JsonValue, ...JsonValue[]] = [
  null,
  ...[true, 0, -1, 0.5, 1e308, 2 ** 53, '', ' ', '0', '1:1', '0:x', '\ud800', '\u0000', '😀'],
  ...['__proto__', 'constructor', 'x'.repeat(300), 'string', 'list', 'board', 'kept/list'],
  ...['_chatroom/topic_list', '_vestnik/status', '_chatroom/validate_change', 'sum'],
  [],
  {},
  [[[[[[]]]]]],
  { type: 'set', value: null },
  { reason: 'no' },
  Array.from({ length: 200 }, (_, at) => at),
  JSON.parse(
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
  ) as JsonObject,
  nested(20),
];

const TOPICS = ['board', 'list', 'count', 'kept/list', 'dict', 'bag', 'bell', 'any'] as const;
const TYPES = ['string', 'list', 'int', 'list', 'dict', 'u_list', 'event', 'generic'] as const;

type Make = (random: SeededRandom) => JsonObject;

/** A sound frame of the topic protocol, or nearly: whether it fits depends on what came before. */
const topicFrame: Make = (random) => {
  const at = random.between(0, TOPICS.length - 1);
  const [topic_name = 'board', type = 'string'] = [TOPICS[at], TYPES[at]];
  const member = random.pick(['content', 'content', 'args'] as const);
  const [kind, fields] = random.pick<() => readonly [string, JsonObject]>([
    () => ['subscribe', { topic_name, type }],
    () => ['subscribe', { topic_name, type, unanswered: ['a', 'b'] }],
    () => ['unsubscribe', { topic_name }],
    () => ['update', { topic_name, change: topicChange(random) }],
    () => ['update', { topic_name, change: topicChange(random) }],
    () => ['update', { topic_name, change: topicChange(random) }],
    () => ['register_service', { service_name: 'sum', request_id: 1 }],
    () => ['register_service', { service_name: '_chatroom/validate_change' }],
    () => ['unregister_service', { service_name: '_chatroom/validate_change' }],
    () => ['unregister_service', { service_name: 'sum' }],
    () => ['request', { service_name: 'sum', args: [1], request_id: random.between(0, 9) }],
    () => ['response', { response: true, request_id: String(random.between(0, 9)) }],
  ])();
  return { type: kind, [member]: fields };
};

function topicChange(random: SeededRandom): JsonObject {
  const position = random.between(0, 4);
  return {
    ...random.pick<JsonObject>([
      { type: 'set', value: random.pick(ODD) },
      { type: 'insert', position, insertion: 'ab', base: random.between(0, 50) },
      { type: 'insert', position, item: random.pick(ODD) },
      { type: 'delete', position, deletion: random.pick(['a', 'b', 'ab', 'abab']) },
      { type: 'pop', position, base: random.between(0, 50) },
      { type: 'add', value: random.between(-5, 5) },
      { type: 'add', key: random.pick(['a', 'b', '__proto__']), value: random.pick(ODD) },
      { type: 'change_value', key: random.pick(['a', 'b']), value: random.pick(ODD) },
      { type: 'pop', key: random.pick(['a', 'b']) },
      { type: 'append', item: random.pick(ODD) },
      { type: 'remove', item: random.pick(ODD) },
      { type: 'emit', args: random.pick(ODD) },
    ]),
    id: random.pick(['a', 'b', 'c']),
    ...(random.fraction() < 0.1 ? { again: true } : {}),
  };
}

/** The same of the turntable protocol. */
const turntableFrame: Make = (random) => {
  const [self, other] = [random.pick(['1:1', '1:2', '1:9']), random.pick(['1:1', '1:2', '0:x'])];
  const channel = random.pick(['chess', 'go', '']);
  return random.pick<JsonObject>([
    { command: 'idme', data: self },
    { command: 'subscribe', data: [self, other] },
    { command: 'status', data: random.pick(['online', 'busy', 'offline']) },
    { command: 'joingame', data: { channel, self, invite: [other] } },
    { command: 'game', data: { channel, actions: [{ timestamp: 1, from: self, data: {} }] } },
    { command: 'game', data: { channel, actions: [{ data: random.pick(ODD) }] } },
    { command: 'leavegame', data: { channel } },
  ]);
};

const MAKERS = { chatroom: topicFrame, turntable: turntableFrame } as const;

/** An endless supply of frames; the same for the same seed. */
export function strangeFrames(
  protocol: keyof typeof MAKERS,
  seed: number,
): () => string | Uint8Array {
  const random = seededRandom(seed);
  return () => {
    const frame = MAKERS[protocol](random);
    const share = random.fraction();
    if (share < 0.4) return JSON.stringify(frame);
    if (share < 0.8) return JSON.stringify(withOddMember(frame, random));
    if (share < 0.98) return withOddText(JSON.stringify(frame), random);
    return Uint8Array.from({ length: 20 }, () => random.between(0, 255));
  };
}

/** With one member, however deep, changed, renamed or left out. */
function withOddMember(value: JsonValue, random: SeededRandom): JsonValue {
  if (typeof value !== 'object' || value === null) return random.pick(ODD);
  const entries = Object.entries(value as JsonObject);
  const at = random.between(0, entries.length);
  const [key, member] = entries[at] ?? [];
  if (key === undefined || member === undefined) return random.pick(ODD);
  const changed = random.pick<() => readonly (readonly [string, JsonValue])[]>([
    () => [[key, withOddMember(member, random)]],
    () => [[key, withOddMember(member, random)]],
    () => [[key, random.pick(ODD)]],
    () => [[`${key}x`, member]],
    () => [],
  ])();
  return Object.fromEntries([...entries.slice(0, at), ...changed, ...entries.slice(at + 1)]);
}

/** With a piece cut out, doubled, or overwritten. */
function withOddText(text: string, random: SeededRandom): string {
  const from = random.between(0, text.length);
  const to = random.between(from, Math.min(text.length, from + 20));
  const piece = random.pick([
    '',
    text.slice(from, to).repeat(2),
    '"',
    '}',
    '[',
    '\\',
    '9',
    ',',
    '\ufffd',
  ]);
  return text.slice(0, from) + piece + text.slice(to);
}

function nested(depth: number): JsonValue {
  return depth === 0 ? 1 : { x: nested(depth - 1) };
}
