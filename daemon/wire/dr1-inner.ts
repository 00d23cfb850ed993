/**
 * What is inside an encrypted message.
 *
 * Source: docs/encryption.md#what-is-inside.
 */
import * as v from 'valibot';
import { Base64url, encodeBase64url } from './base64url.ts';
import { decodeValue, isWellFormed, parseJson, WellFormed } from './check.ts';
import { KEY_BYTES, SIGNATURE_BYTES } from './e2e.ts';
import { quoteJson } from './json-text.ts';

/** Ids in one `ack`. */
export const ACK_MAX_IDS = 100;

/** Several messages of a person under one seal: how many, and bytes of their JSON, so that a bundle fills its padding well. */
export const BUNDLE_MAX_MESSAGES = 200;
export const BUNDLE_MAX_BYTES = 32_000;
const BUNDLE = 'bundle';
/** Members and elements of the JSON: more than a bundle has. */
const INNER_MAX_MEMBERS = 5_000;

/** What is inside an encrypted message. */
export type InnerMessage = InnerFrame & InnerBody;

export type InnerFrame = Readonly<{
  /** 16 random bytes, base64url: the same for every repeat, whatever session it came by. */
  id: string;
  /** When it was written, milliseconds since 1970 by the sender's clock. */
  timestamp: number;
  /**
   * Its number in all that the sender wrote to this recipient, from 1. `ack`, `read` and `hello` have none: they
   * carry that of the last that has, so that the recipient sees whether one is missing.
   */
  sequence: number;
}>;

/** Another identity: its keys, their bond, and the signatures of both. */
export type RekeyMember = Readonly<{
  id: Uint8Array;
  dh: Uint8Array;
  bind: Uint8Array;
  byFormer: Uint8Array;
  byNext: Uint8Array;
}>;

/**
 * What a sender shows of its being there: `hidden` – it is to look as if it were away; without `showsLastSeen` nobody is
 * to see since when it has been.
 */
export type ShownPresence = Readonly<{
  status: 'online' | 'busy' | 'hidden';
  showsLastSeen: boolean;
}>;

/** What a message is about. */
export type InnerBody =
  | Readonly<{ type: 'msg'; text: string }>
  /** These arrived; `deleted`: those of them that asked to delete something, which was done. */
  | Readonly<{ type: 'ack'; ids: readonly string[]; deleted?: readonly string[] }>
  /** Read up to and with this one. */
  | Readonly<{ type: 'read'; upTo: string }>
  /**
   * The session is in use; `invitation`: the token of the contact link by which the sender came; `presence`: what the
   * sender shows of its being there, where it says so; `countedSince`: when it began to count what it writes to this
   * recipient, milliseconds since 1970.
   */
  | Readonly<{
      type: 'hello';
      nick: string;
      invitation: string | undefined;
      presence: ShownPresence | undefined;
      countedSince?: number | undefined;
    }>
  /** The sender takes a message back; `isFinal`: for good, and it is to be deleted if it has come. */
  | Readonly<{ type: 'del'; target: string; isFinal: boolean }>
  /** The sender has another identity from now on; both keys of it, signed by the former and by the next. */
  | Readonly<{ type: 'rekey'; notice: RekeyMember }>
  /** Of a later version: acknowledged, and otherwise ignored. */
  | Readonly<{ type: 'unknown'; name: string }>;

/** Last instant that a Date can hold. */
const INSTANT_MAX_MS = 8_640_000_000_000_000;

/** 16 bytes in base64url, of which the last character holds two bits. */
const ID = String.raw`[\w-]{21}[AQgw]`;
const WHOLE_ID = new RegExp(`^${ID}$`);
const Id = v.pipe(v.string(), v.regex(WHOLE_ID));

/** Whether something may be the id of an inner message: 16 bytes in base64url, written canonically. */
export function isInnerId(id: string): boolean {
  return WHOLE_ID.test(id);
}

const Instant = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(-INSTANT_MAX_MS),
  v.maxValue(INSTANT_MAX_MS),
);

const Inner = v.object({
  id: Id,
  t: v.pipe(WellFormed, v.minLength(1), v.maxLength(32)),
  ts: Instant,
  q: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  body: v.optional(v.unknown()),
});

const Msg = v.object({ text: WellFormed });
const Ids = v.pipe(v.array(Id), v.maxLength(ACK_MAX_IDS));
const Ack = v.object({ ids: Ids, del: v.optional(Ids, []) });
const Read = v.object({ upTo: Id });
const Presence = v.pipe(
  v.object({
    status: v.picklist(['online', 'busy', 'hidden']),
    seen: v.optional(v.boolean(), true),
  }),
  v.transform(({ status, seen }): ShownPresence => ({ status, showsLastSeen: seen })),
);
/** A claim about oneself: what makes no sense is as good as nothing. */
const Hello = v.object({
  nick: v.optional(v.fallback(v.pipe(WellFormed, v.trim(), v.maxLength(64)), ''), ''),
  inv: v.optional(v.fallback(v.optional(v.pipe(v.string(), v.length(22))), undefined)),
  presence: v.optional(v.fallback(v.optional(Presence), undefined)),
  since: v.optional(v.fallback(v.optional(Instant), undefined)),
});
const Del = v.object({ id: Id, final: v.optional(v.boolean(), false) });
const Rekey = v.object({
  id: Base64url(KEY_BYTES),
  dh: Base64url(KEY_BYTES),
  bind: Base64url(SIGNATURE_BYTES),
  sigs: v.object({ old: Base64url(SIGNATURE_BYTES), new: Base64url(SIGNATURE_BYTES) }),
});

const Bundled = v.object({ ...Inner.entries, t: v.literal('msg'), body: Msg });
const Bundle = v.object({
  of: v.pipe(v.array(Bundled), v.minLength(1), v.maxLength(BUNDLE_MAX_MESSAGES)),
});

/**
 * Decodes what an encrypted message held: one message, or those of a bundle, in order. Unknown members are dropped, so that
 * later versions can add some.
 *
 * @throws {WireError} Not JSON, too deep, or a member is missing, mistyped or too long; a bundle of anything but messages
 *   of a person.
 */
export function decodeInnerMessages(text: string): readonly InnerMessage[] {
  const usual = decodeUsual(text);
  if (usual !== undefined) return usual;
  const { id, t, ts, q, body } = decodeValue(Inner, parseJson(text, INNER_MAX_MEMBERS));
  if (t === BUNDLE) return decodeValue(Bundle, body).of.map(toBundled);
  return [{ id, timestamp: ts, sequence: q, ...decodeBody(t, body) }];
}

/** How `encodeInnerMessage` and `encodeBundle` begin. */
const HEAD = (name: string) =>
  String.raw`\{"id":"(${ID})","t":"${name}","ts":(0|[1-9]\d{0,14}),"q":(0|[1-9]\d{0,14}),"body":`;
/** Words of somebody exactly as `encodeInnerMessage` writes them. */
const USUAL_WORDS = new RegExp(
  String.raw`${HEAD('msg')}\{"text":("[^"\\\p{Cc}]*(?:\\.[^"\\\p{Cc}]*)*")\}\}`,
  'uy',
);
const USUAL_BUNDLE = new RegExp(String.raw`${HEAD(BUNDLE)}\{"of":\[`, 'uy');
const USUAL_BUNDLE_END = ']}}';

/** Nearly all that is sealed at a quarter of the time; `undefined` for everything else, right or wrong. */
function decodeUsual(text: string): readonly InnerMessage[] | undefined {
  USUAL_BUNDLE.lastIndex = 0;
  const isBundle = USUAL_BUNDLE.test(text);
  const end = isBundle ? text.length - USUAL_BUNDLE_END.length : text.length;
  const messages: InnerMessage[] = [];
  let at = isBundle ? USUAL_BUNDLE.lastIndex : 0;
  for (;;) {
    const message = decodeUsualWords(text, at);
    if (message === undefined) return undefined;
    messages.push(message);
    at = USUAL_WORDS.lastIndex;
    if (at === end) break;
    if (!isBundle || messages.length === BUNDLE_MAX_MESSAGES || text[at] !== ',') return undefined;
    at += 1;
  }
  return isBundle && !text.endsWith(USUAL_BUNDLE_END) ? undefined : messages;
}

/** Those that stand at a place, up to `USUAL_WORDS.lastIndex`. */
function decodeUsualWords(text: string, at: number): InnerMessage | undefined {
  USUAL_WORDS.lastIndex = at;
  const [, id = '', ts, q, literal = ''] = USUAL_WORDS.exec(text) ?? [];
  const words = ts === undefined ? undefined : tryUnquote(literal);
  if (words === undefined || !isWellFormed(words)) return undefined;
  return { id, timestamp: Number(ts), sequence: Number(q), type: 'msg', text: words };
}

/** What a JSON string says; `undefined` for an escape that JSON does not know. */
function tryUnquote(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

function toBundled({ id, ts, q, body: { text } }: v.InferOutput<typeof Bundled>): InnerMessage {
  return { id, timestamp: ts, sequence: q, type: 'msg', text };
}

function decodeBody(name: string, body: unknown): InnerBody {
  switch (name) {
    case 'msg':
      return { type: name, ...decodeValue(Msg, body) };
    case 'ack':
      return toAck(decodeValue(Ack, body));
    case 'read':
      return { type: name, ...decodeValue(Read, body) };
    case 'hello':
      return toHello(decodeValue(Hello, body));
    case 'del':
      return toDel(decodeValue(Del, body));
    case 'rekey':
      return toRekey(decodeValue(Rekey, body));
    default:
      return { type: 'unknown', name };
  }
}

function toAck({ ids, del }: v.InferOutput<typeof Ack>): InnerBody {
  return del.length === 0 ? { type: 'ack', ids } : { type: 'ack', ids, deleted: del };
}

function toHello({ nick, inv, presence, since }: v.InferOutput<typeof Hello>): InnerBody {
  const counting = since === undefined ? {} : { countedSince: since };
  return { type: 'hello', nick, invitation: inv, presence, ...counting };
}

function toDel({ id, final: isFinal }: v.InferOutput<typeof Del>): InnerBody {
  return { type: 'del', target: id, isFinal };
}

function toRekey({ id, dh, bind, sigs }: v.InferOutput<typeof Rekey>): InnerBody {
  return { type: 'rekey', notice: { id, dh, bind, byFormer: sigs.old, byNext: sigs.new } };
}

/** What we write; never what we do not know. */
export type WritableBody = Exclude<InnerBody, { type: 'unknown' }>;

/** JSON text of an inner message. */
export function encodeInnerMessage(message: InnerFrame & WritableBody): string {
  const { id, timestamp, sequence, type } = message;
  if (type === 'msg') {
    const head = `{"id":${quoteJson(id)},"t":"msg","ts":${timestamp},"q":${sequence}`;
    return `${head},"body":{"text":${quoteJson(message.text)}}}`;
  }
  return JSON.stringify({ id, t: type, ts: timestamp, q: sequence, body: wireBody(message) });
}

/** JSON text of a bundle of messages of a person, given what `encodeInnerMessage` made of each. */
export function encodeBundle(frame: InnerFrame, texts: readonly string[]): string {
  const { id, timestamp, sequence } = frame;
  const head = JSON.stringify({ id, t: BUNDLE, ts: timestamp, q: sequence });
  return `${head.slice(0, -1)},"body":{"of":[${texts.join(',')}]}}`;
}

function wireBody(body: WritableBody): object {
  switch (body.type) {
    case 'msg':
      return { text: body.text };
    case 'ack':
      return { ids: body.ids, ...(body.deleted === undefined ? {} : { del: body.deleted }) };
    case 'read':
      return { upTo: body.upTo };
    case 'hello':
      return {
        nick: body.nick,
        ...(body.invitation === undefined ? {} : { inv: body.invitation }),
        ...(body.presence === undefined ? {} : { presence: presenceMember(body.presence) }),
        ...(body.countedSince === undefined ? {} : { since: body.countedSince }),
      };
    case 'del':
      return { id: body.target, ...(body.isFinal ? { final: true } : {}) };
    case 'rekey':
      return rekeyBody(body.notice);
    default:
      return body satisfies never;
  }
}

function presenceMember({ status, showsLastSeen }: ShownPresence): object {
  return { status, ...(showsLastSeen ? {} : { seen: false }) };
}

function rekeyBody({ id, dh, bind, byFormer, byNext }: RekeyMember): object {
  return {
    id: encodeBase64url(id),
    dh: encodeBase64url(dh),
    bind: encodeBase64url(bind),
    sigs: { old: encodeBase64url(byFormer), new: encodeBase64url(byNext) },
  };
}
