/** Frames of the topic protocol as a client reads and writes them. Source: docs/topics.md. */
import type { JsonValue, RequestId, TopicType } from '../../daemon/wire/topic-terms.ts';
import { isFields, isJson, parseFields, type Fields } from './fields.ts';

/** A change of a topic's value. Which further members there are depends on `type`; who reads them checks them. */
export type TopicChange = Readonly<{ type: string; id?: string } & Record<string, unknown>>;

/** What the daemon says. */
export type HeardFrame = Readonly<
  | { type: 'hello'; run: string | undefined }
  | { type: 'update'; topic: string; change: TopicChange }
  | { type: 'reject_update'; topic: string; reason: string; change: TopicChange | undefined }
  | { type: 'request'; service: string; args: JsonValue; requestId: RequestId }
  | { type: 'response'; outcome: Outcome; requestId: RequestId }
>;

/** What became of a request. `code` is one of `ServiceCode`, or of a daemon to come. */
export type Outcome = Readonly<{ response: JsonValue } | { code: string; message: string }>;

/** Reads a frame; `undefined` for everything that a client has no use for. */
export function decodeHeardFrame(text: string): HeardFrame | undefined {
  const frame = parseFields(text);
  const content = frame?.['content'];
  if (!isFields(content)) return undefined;
  switch (frame?.['type']) {
    case 'hello':
      return { type: 'hello', run: textOf(content['run']) };
    case 'update':
      return toUpdate(content);
    case 'reject_update':
      return toRejection(content);
    case 'request':
      return toRequest(content);
    case 'response':
      return toResponse(content);
    default:
      return undefined;
  }
}

function toUpdate({ topic_name: topic, change }: Fields): HeardFrame | undefined {
  if (typeof topic !== 'string' || !isChange(change)) return undefined;
  return { type: 'update', topic, change };
}

function toRejection({ topic_name: topic, change, reason }: Fields): HeardFrame | undefined {
  if (typeof topic !== 'string') return undefined;
  return {
    ...{ type: 'reject_update', topic },
    reason: typeof reason === 'string' ? reason : '',
    change: isChange(change) ? change : undefined,
  };
}

function toRequest({ service_name: service, args, request_id }: Fields): HeardFrame | undefined {
  if (typeof service !== 'string' || !isRequestId(request_id)) return undefined;
  return { type: 'request', service, args: isJson(args) ? args : null, requestId: request_id };
}

function toResponse({ response, error, request_id }: Fields): HeardFrame | undefined {
  if (!isRequestId(request_id)) return undefined;
  const outcome = isFields(error)
    ? { code: String(error['code']), message: String(error['message']) }
    : { response: isJson(response) ? response : null };
  return { type: 'response', outcome, requestId: request_id };
}

/** @param unanswered Ids of changes of which it is not known what became. */
export function encodeSubscribe(
  topic: string,
  type: TopicType,
  unanswered: readonly string[],
): string {
  return encode('subscribe', { topic_name: topic, type, unanswered });
}

export function encodeUnsubscribe(topic: string): string {
  return encode('unsubscribe', { topic_name: topic });
}

export function encodeUpdate(topic: string, change: TopicChange): string {
  return encode('update', { topic_name: topic, change });
}

export function encodeRegistration(
  type: 'register_service' | 'unregister_service',
  service: string,
  requestId: RequestId,
): string {
  return encode(type, { service_name: service, request_id: requestId });
}

export function encodeRequest(service: string, args: JsonValue, requestId: RequestId): string {
  return encode('request', { service_name: service, args, request_id: requestId });
}

export function encodeResponse(requestId: RequestId, response: JsonValue): string {
  return encode('response', { response, request_id: requestId });
}

export function encodeFailure(requestId: RequestId, message: string): string {
  return encode('response', { error: { message }, request_id: requestId });
}

function encode(type: string, content: object): string {
  return JSON.stringify({ type, content });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isChange(value: unknown): value is TopicChange {
  if (!isFields(value) || typeof value['type'] !== 'string') return false;
  return value['id'] === undefined || typeof value['id'] === 'string';
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}
