/** What of the topic protocol clients need as well, and what needs no library. Source: docs/topics.md. */

/** Largest frame that a client may send. Source: docs/security.md, G6. */
export const FRAME_MAX_BYTES = 262_144;
/** Changes after which a client may ask when it comes back. Source: docs/topics.md#coming-back. */
export const UNANSWERED_MAX_CHANGES = 100;
/** Subprotocol of the WebSocket. */
export const TOPIC_SUBPROTOCOL = 'vestnik.v1';
/** A browser offers its ticket as a second subprotocol that begins so. */
export const TICKET_SUBPROTOCOL_PREFIX = 't.';

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

export type TopicType =
  'string' | 'int' | 'float' | 'set' | 'u_list' | 'list' | 'dict' | 'event' | 'generic';

/** What somebody who asks calls the request, to know its answer. */
export type RequestId = string | number;

/** Why nobody answers a request. `docs/errors.md` explains each. */
export type ServiceCode =
  'unknown_service' | 'provider_gone' | 'timeout' | 'too_many_requests' | 'refused' | 'failed';
