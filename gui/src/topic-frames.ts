/** What stores are told of a topic: a change as the client library reads it. */
export type { TopicChange } from '../client/topic-frames.ts';
