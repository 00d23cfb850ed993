/** Conversations: the last message of each, and what is unread. */
import { computed, signal } from '@preact/signals';
import type { ApiConversation } from '../../../daemon/wire/gui-api.ts';
import { isConversation } from '../answers.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type ConversationsStore = ReturnType<typeof createConversationsStore>;

export function createConversationsStore() {
  const byAddress = signal<ReadonlyMap<string, ApiConversation>>(new Map());
  return {
    byAddress,
    /** Unread messages by address. */
    unread: computed(
      () => new Map([...byAddress.value].map(([address, { unread }]) => [address, unread])),
    ),
    /** Messages that have not come though later ones have, by address. */
    missing: computed(
      () => new Map([...byAddress.value].map(([address, { missing }]) => [address, missing])),
    ),
    apply: (change: TopicChange): void => {
      byAddress.value = applyDictChange(byAddress.value, change, isConversation);
    },
  };
}
