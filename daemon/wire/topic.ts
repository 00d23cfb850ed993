/**
 * The topic protocol over WebSocket: frames, and the two spellings of a frame that are in use.
 *
 * Source: docs/topics.md.
 */
import * as v from 'valibot';
import { decode, WellFormed, WireError } from './check.ts';
import { CHANGE_ID_MAX_LENGTH, Fields, Json, type Change } from './topic-changes.ts';
import {
  UNANSWERED_MAX_CHANGES,
  type JsonObject,
  type JsonValue,
  type RequestId,
  type ServiceCode,
} from './topic-terms.ts';

/** UTF-16 units in a topic's name. */
export const TOPIC_NAME_MAX_LENGTH = 256;
/** UTF-16 units in which a provider says why it could not answer. */
export const FAILURE_MAX_LENGTH = 1000;

// Clients get them without the decoders here.
export type { JsonObject, JsonValue, RequestId, ServiceCode, TopicType } from './topic-terms.ts';

/** Under which member a client sends and expects the fields of a frame. */
export type TopicDialect = 'content' | 'args';

/** Checks a topic's name. */
export const TopicName = v.pipe(
  WellFormed,
  v.minLength(1),
  v.maxLength(TOPIC_NAME_MAX_LENGTH),
  v.check((name) => !/\p{Cc}/u.test(name), 'has a control character'),
);

/** What a client sends. A change stays as it came until the topic's type is known. */
export type ClientFrame =
  | Readonly<{
      type: 'subscribe';
      topic: string;
      topicType: string | undefined;
      /** Ids of its own changes of which the client does not know what became; absent: it does not ask. */
      unanswered?: readonly string[];
    }>
  | Readonly<{ type: 'unsubscribe'; topic: string }>
  | Readonly<{ type: 'update'; topic: string; change: JsonObject }>
  | Readonly<{
      type: 'register_service' | 'unregister_service';
      service: string;
      /** Absent: the client wants no answer. */
      requestId?: RequestId;
    }>
  | Readonly<{ type: 'request'; service: string; args: JsonValue; requestId: RequestId }>
  | Readonly<{ type: 'response'; response: JsonValue; requestId: RequestId }>
  /** The provider could not do it, and why. */
  | Readonly<{ type: 'response'; failure: string; requestId: RequestId }>;

/** What a client needs to go on where the line broke. */
export type Resumed = Readonly<{
  /** Changes with every beginning of the topic; what is known of changes does not outlive it. */
  life: string;
  /** How many changes there were, of any type of topic. */
  version: number;
  /** Those of the changes asked for that were applied. */
  applied: readonly string[];
}>;

/** What the daemon sends. */
export type ServerFrame =
  | Readonly<{
      type: 'hello';
      id: string;
      /** Another one for each run of the daemon. */
      run?: string;
    }>
  | Readonly<{
      type: 'update';
      topic: string;
      change: Change;
      /** How many changes there were, this one included; of a `string` or `list`. */
      version?: number;
      /** Tells the whole value to somebody who has just asked for it; not on the wire. */
      isAnswer?: true;
      /** For a client that asked what became of its changes. */
      resumed?: Resumed;
    }>
  | Readonly<{
      type: 'reject_update';
      topic: string;
      /** As it came; `null` when a subscription is refused. */
      change: JsonObject | null;
      reason: string;
    }>
  | Readonly<{ type: 'request'; service: string; args: JsonValue; requestId: RequestId }>
  | Readonly<{ type: 'response'; response: JsonValue; requestId: RequestId }>
  | Readonly<{
      type: 'response';
      error: Readonly<{ code: ServiceCode; message: string }>;
      requestId: RequestId;
    }>;

/** Names of services are like those of topics. */
const ServiceName = TopicName;
const Request = v.union([
  v.pipe(v.string(), v.maxLength(128)),
  v.pipe(v.number(), v.safeInteger()),
]);
const NamedService = v.object({ service_name: ServiceName, request_id: v.optional(Request) });
const Unanswered = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(CHANGE_ID_MAX_LENGTH))),
  v.maxLength(UNANSWERED_MAX_CHANGES),
);
const Failure = v.object({ message: v.pipe(v.string(), v.maxLength(FAILURE_MAX_LENGTH)) });

const AnyFrame = v.object({
  type: v.string(),
  content: v.optional(Fields),
  args: v.optional(Fields),
});
const TypedFrame = v.variant('type', [
  v.object({
    type: v.literal('subscribe'),
    fields: v.object({
      topic_name: TopicName,
      type: v.optional(v.string()),
      unanswered: v.optional(Unanswered),
    }),
  }),
  v.object({ type: v.literal('unsubscribe'), fields: v.object({ topic_name: TopicName }) }),
  v.object({
    type: v.literal('update'),
    fields: v.object({ topic_name: TopicName, change: Fields }),
  }),
  v.object({ type: v.literal('register_service'), fields: NamedService }),
  v.object({ type: v.literal('unregister_service'), fields: NamedService }),
  v.object({
    type: v.literal('request'),
    fields: v.object({
      service_name: ServiceName,
      args: v.optional(Json),
      request_id: Request,
    }),
  }),
  v.object({
    type: v.literal('response'),
    fields: v.object({
      response: v.optional(Json),
      error: v.optional(Failure),
      request_id: Request,
    }),
  }),
]);

/**
 * Decodes a frame of a client, and tells how the client spells frames, if that shows.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeClientFrame(
  text: string,
): Readonly<{ frame: ClientFrame; dialect: TopicDialect | undefined }> {
  const { type, content, args } = decode(AnyFrame, text);
  const result = v.safeParse(TypedFrame, { type, fields: content ?? args ?? {} });
  if (!result.success) {
    const [issue] = result.issues;
    const field = v.getDotPath(issue) ?? 'type';
    throw new WireError('bad_request', `${field}: ${issue.message}`, field);
  }
  return {
    frame: toClientFrame(result.output),
    dialect: content !== undefined ? 'content' : args !== undefined ? 'args' : undefined,
  };
}

function toClientFrame({ type, fields }: v.InferOutput<typeof TypedFrame>): ClientFrame {
  switch (type) {
    case 'subscribe':
      return {
        ...{ type, topic: fields.topic_name, topicType: fields.type },
        ...(fields.unanswered && { unanswered: fields.unanswered }),
      };
    case 'unsubscribe':
      return { type, topic: fields.topic_name };
    case 'update':
      return { type, topic: fields.topic_name, change: fields.change };
    case 'register_service':
    case 'unregister_service':
      return {
        ...{ type, service: fields.service_name },
        ...(fields.request_id !== undefined && { requestId: fields.request_id }),
      };
    case 'request':
      return {
        ...{ type, service: fields.service_name },
        ...{ args: fields.args ?? null, requestId: fields.request_id },
      };
    case 'response':
      return fields.error === undefined
        ? { type, response: fields.response ?? null, requestId: fields.request_id }
        : { type, failure: fields.error.message, requestId: fields.request_id };
  }
}

/** The frame that was encoded last: an update goes to one client after the other, and is serialised once. */
const lastEncoded: Record<
  TopicDialect,
  Readonly<{ frame: ServerFrame; text: string }> | undefined
> = {
  content: undefined,
  args: undefined,
};

/** Encodes a frame in a client's spelling. */
export function encodeServerFrame(frame: ServerFrame, dialect: TopicDialect): string {
  const last = lastEncoded[dialect];
  if (last?.frame === frame) return last.text;
  const text = JSON.stringify({ type: frame.type, [dialect]: toFields(frame) });
  lastEncoded[dialect] = { frame, text };
  return text;
}

/** Encodes the first frame of all, in both spellings: the client has not shown its own yet. */
export function encodeHello({ id, run }: Extract<ServerFrame, { type: 'hello' }>): string {
  const fields = { id, run };
  return JSON.stringify({ type: 'hello', content: fields, args: fields });
}

function toFields(frame: ServerFrame): object {
  switch (frame.type) {
    case 'hello':
      return { id: frame.id };
    case 'update':
      return {
        topic_name: frame.topic,
        change: withPlace(frame),
      };
    case 'reject_update':
      return { topic_name: frame.topic, change: frame.change, reason: frame.reason };
    case 'request':
      return { service_name: frame.service, args: frame.args, request_id: frame.requestId };
    case 'response':
      return {
        ...('error' in frame ? { error: frame.error } : { response: frame.response }),
        request_id: frame.requestId,
      };
  }
}

/** The change of an update, with what the frame says about its place among all changes. */
function withPlace({ change, version, resumed }: Extract<ServerFrame, { type: 'update' }>): object {
  if (version === undefined && resumed === undefined) return change;
  return { ...change, ...(version !== undefined && { version }), ...resumed };
}
