/** The logs of the conversations that were open lately, fed by `_vestnik/message-batches`. */
import { batch } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { isClearing, isDeletion, isMessage } from '../answers.ts';
import type { Api } from '../api.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { groupBy } from './group-by.ts';
import { createMessageLog, type MessageLog } from './message-log.ts';

/** So many conversations keep what they loaded. */
const KEPT_LOGS = 8;

export type MessageLogs = ReturnType<typeof createMessageLogs>;

/**
 * @param onIncoming Called for every message that just came in, whichever conversation it is in.
 * @param placeOf    Where the contact is by now that a message names by its address of then.
 */
export function createMessageLogs(
  api: Pick<Api, 'messages' | 'message'>,
  onIncoming: (message: ApiMessage) => void,
  placeOf: (address: Address) => Address = (address) => address,
) {
  const logs = new Map<string, MessageLog>();
  const logOf = (message: ApiMessage): MessageLog | undefined =>
    logs.get(placeOf(otherEnd(message)));

  return {
    /** The conversation's log, made when there is none yet. */
    get: (address: Address): MessageLog => {
      const log = logs.get(address) ?? createMessageLog(address, api);
      logs.delete(address);
      logs.set(address, log);
      for (const old of [...logs.keys()].slice(0, -KEPT_LOGS)) logs.delete(old);
      return log;
    },
    /** Lets go of what was loaded of a conversation. */
    forget: (address: string): void => void logs.delete(address),
    /** Takes in live events, each of which tells of several things that happened together. */
    apply: (changes: readonly TopicChange[]): void =>
      batch(() => {
        const told = changes.flatMap(({ type, args }) => (type === 'emit' ? args : []));
        const messages = told.filter(isMessage);
        for (const [log, coming] of groupBy(messages, logOf)) log?.apply(coming);
        for (const { deleted } of told.filter(isDeletion)) {
          logs.get(deleted.address)?.drop(deleted.s);
        }
        for (const { cleared } of told.filter(isClearing)) {
          logs.get(cleared.address)?.clear(cleared.up_to);
        }
        for (const message of messages) {
          if (message.direction === 'in' && message.rev === message.s) onIncoming(message);
        }
      }),
    /** A conversation's count of missing messages has changed. */
    reviewGaps: (address: string): void => void logs.get(address)?.reviewGaps(),
    /** Fetches what all logs missed. */
    catchUp: (): void => {
      for (const log of logs.values()) void log.catchUp();
    },
  };
}

/** The address of the conversation that a message is in. */
export function otherEnd({ direction, from, to }: ApiMessage): Address {
  return direction === 'in' ? from : to;
}
