/** Numbers and words of the topic protocol that clients need as well, and that need no library. Source: docs/topics.md. */

/** Largest frame that a client may send. Source: docs/security.md, G6. */
export const FRAME_MAX_BYTES = 262_144;
/** Changes after which a client may ask when it comes back. Source: docs/topics.md#coming-back. */
export const UNANSWERED_MAX_CHANGES = 100;
/** Subprotocol of the WebSocket. */
export const TOPIC_SUBPROTOCOL = 'vestnik.v1';
/** A browser offers its ticket as a second subprotocol that begins so. */
export const TICKET_SUBPROTOCOL_PREFIX = 't.';
