/** Which topics are whose, and what a client may do with them. */

/** Names that begin so belong to the daemon; clients read them. */
const OWN_PREFIXES = ['_vestnik/', '_chatroom/'] as const;
export const SERVER_STATUS = '_chatroom/server_status';
export const TOPIC_LIST = '_chatroom/topic_list';
export const CLIENT_MESSAGE_PREFIX = '_chatroom/client_message/';
/** The service that is asked before a change is applied. */
export const VALIDATE_SERVICE = '_chatroom/validate_change';

/** What a client may do. */
export interface TopicAccess {
  /** For whom its share of what all have in common is counted: several clients may have one account. */
  readonly account: string;
  /** Whether it may offer `_chatroom/validate_change`. */
  readonly mayValidate: boolean;
  mayRead(topic: string): boolean;
  /** Who may write may read. */
  mayWrite(topic: string): boolean;
  /** Whether it may offer a service of this name. */
  mayOffer(service: string): boolean;
}

/** Whether a name is one of the daemon's own. */
export function isOwnName(name: string): boolean {
  return OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Whether a topic has what is told to another client. */
export function isForAnother(topic: string, clientId: string): boolean {
  return topic.startsWith(CLIENT_MESSAGE_PREFIX) && topic !== CLIENT_MESSAGE_PREFIX + clientId;
}
