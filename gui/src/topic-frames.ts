/** Frames of the topic protocol, as far as a GUI sees them. Source: docs/topics.md. */
import type { TopicType } from '../../daemon/wire/topic.ts';
import { isFields } from './answers.ts';

/** A change of a topic's value. Which further members there are depends on `type`; stores check what they read. */
export type TopicChange = Readonly<{ type: string; id?: string } & Record<string, unknown>>;

export type ServerFrame = Readonly<
  | { type: 'update'; topic: string; change: TopicChange }
  | { type: 'reject_update'; topic: string; reason: string; changeId: string | undefined }
>;

/** Reads a frame; `undefined` for everything that a GUI has no use for. */
export function decodeServerFrame(text: string): ServerFrame | undefined {
  const frame = parse(text);
  if (!isFields(frame) || !isFields(frame['content'])) return undefined;
  const { topic_name: topic, change, reason } = frame['content'];
  if (typeof topic !== 'string') return undefined;
  switch (frame['type']) {
    case 'update':
      return isChange(change) ? { type: 'update', topic, change } : undefined;
    case 'reject_update':
      return {
        type: 'reject_update',
        topic,
        reason: typeof reason === 'string' ? reason : '',
        changeId: isChange(change) ? change.id : undefined,
      };
    default:
      return undefined;
  }
}

export function encodeSubscribe(topic: string, type: TopicType): string {
  return JSON.stringify({ type: 'subscribe', content: { topic_name: topic, type } });
}

export function encodeUnsubscribe(topic: string): string {
  return JSON.stringify({ type: 'unsubscribe', content: { topic_name: topic } });
}

export function encodeUpdate(topic: string, change: TopicChange): string {
  return JSON.stringify({ type: 'update', content: { topic_name: topic, change } });
}

function isChange(value: unknown): value is TopicChange {
  if (!isFields(value) || typeof value['type'] !== 'string') return false;
  return value['id'] === undefined || typeof value['id'] === 'string';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Whatever that is, it is no frame.
    return undefined;
  }
}
