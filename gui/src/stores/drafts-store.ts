/**
 * Drafts: what is written and not sent, one topic `draft/<address or room>` each, so that all browsers of the owner show it and
 * may write at once.
 *
 * What the daemon has not confirmed stays in this browser's storage as well, and finds its place in the text when the daemon
 * is there again, even after a reload.
 */
import { computed, signal } from '@preact/signals';
import type { Edit } from '../../../daemon/wire/edits.ts';
import { parseFields } from '../../client/fields.ts';
import type { StringTopic, Typing, Unsettled } from '../../client/sequence-topic.ts';
import { hasTexts } from '../answers.ts';
import type { Live } from '../live.ts';
import type { TopicChange } from '../../client/topic-frames.ts';

const TOPIC_PREFIX = 'draft/';
const ITEM_PREFIX = 'vestnik.draft.';
/** Drafts followed besides those that were opened. */
const MAX_FOLLOWED = 64;

export type DraftsOptions = Readonly<{
  live: Pick<Live, 'text'>;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}>;

export type DraftsStore = ReturnType<typeof createDraftsStore>;

export function createDraftsStore({ live, storage }: DraftsOptions) {
  const texts = signal<ReadonlyMap<string, string>>(new Map());
  const drafts = new Map<string, StringTopic>();

  function show(key: string, text: string): void {
    if ((texts.value.get(key) ?? '') === text) return;
    texts.value = new Map(texts.value).set(key, text);
  }

  function follow(key: string): StringTopic {
    const known = drafts.get(key);
    if (known !== undefined) return known;
    const draft = live.text(TOPIC_PREFIX + key);
    drafts.set(key, draft);
    const kept = readKept(storage.getItem(ITEM_PREFIX + key));
    if (kept !== undefined) draft.restore(kept);
    show(key, draft.value);
    draft.onChange((text) => {
      show(key, text);
      keep(key, draft);
    });
    return draft;
  }

  /** Keeps what the daemon does not have. */
  function keep(key: string, { unsettled }: StringTopic): void {
    if (unsettled === undefined) storage.removeItem(ITEM_PREFIX + key);
    else storage.setItem(ITEM_PREFIX + key, JSON.stringify(unsettled));
  }

  return {
    /** By address, or by the name of the draft of a room; empty ones may be in it. */
    texts,
    /** The draft of a conversation, followed from now on. */
    of: (key: string) => {
      follow(key);
      return computed(() => texts.value.get(key) ?? '');
    },
    /** Follows the drafts that other browsers have begun: a change of the topic `_chatroom/topic_list`. */
    followListed: ({ type, value, item }: TopicChange): void => {
      const listed: unknown[] = type === 'append' ? [item] : Array.isArray(value) ? value : [];
      for (const key of listed.map(draftKey)) {
        if (key !== undefined && drafts.size < MAX_FOLLOWED) follow(key);
      }
    },
    /** Takes what was typed; what other browsers write at the same time stays. */
    write: (key: string, text: string, typing?: Typing): void => {
      const draft = follow(key);
      // Whether it was taken or refused, what is shown then is what there is.
      const settle = (): void => keep(key, draft);
      draft.write(text, typing).then(settle, settle);
      keep(key, draft);
    },
    /** Calls back with what other browsers do to a draft. @returns What takes the listener away again. */
    onEdits: (key: string, listener: (edits: readonly Edit[]) => void): (() => void) =>
      follow(key).onChange((_, { edits, isOwn }) => {
        if (!isOwn) listener(edits);
      }),
  };
}

/** What an earlier page left; earlier versions kept the text alone. */
function readKept(item: string | null): Unsettled<string> | undefined {
  if (item === null) return undefined;
  const kept = parseFields(item);
  return hasTexts(kept, 'told', 'shown')
    ? { told: kept['told'], shown: kept['shown'] }
    : { told: '', shown: item };
}

function draftKey(listed: unknown): string | undefined {
  if (typeof listed !== 'object' || listed === null || !('topic_name' in listed)) return undefined;
  const { topic_name: name } = listed;
  return typeof name === 'string' && name.startsWith(TOPIC_PREFIX)
    ? name.slice(TOPIC_PREFIX.length)
    : undefined;
}
