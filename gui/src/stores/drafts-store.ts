/**
 * Drafts: what is written and not sent, one topic `draft/<address or room>` each, so that all browsers of the owner show it.
 *
 * What is typed here wins over what comes in until the daemon has echoed it; all browsers then end with the same
 * text, as all of them see the changes in the daemon's order. Without a connection the draft stays in this browser
 * and goes out with the next one.
 */
import { computed, signal } from '@preact/signals';
import type { Clock } from '../clock.ts';
import type { Live, Subscription } from '../live.ts';
import type { TopicChange } from '../topic-frames.ts';

const TOPIC_PREFIX = 'draft/';
const ITEM_PREFIX = 'vestnik.draft.';
/** Typing is told to the daemon in steps of this. */
const PUSH_DELAY_MS = 400;
/** Drafts followed besides those that were opened. */
const MAX_FOLLOWED = 64;

export type DraftsOptions = Readonly<{
  live: Pick<Live, 'subscribe' | 'onConnected'>;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  clock: Clock;
  createId: () => string;
}>;

export type DraftsStore = ReturnType<typeof createDraftsStore>;

type Draft = {
  subscription: Subscription | undefined;
  /** Id of our last change that was not echoed. */
  awaitedId: string | undefined;
  /** There is something typed that the daemon does not have. */
  isAhead: boolean;
  /** The next change is the value that the topic had when we subscribed. */
  isOpening: boolean;
  cancelPush: (() => void) | undefined;
};

export function createDraftsStore({ live, storage, clock, createId }: DraftsOptions) {
  const texts = signal<ReadonlyMap<string, string>>(new Map());
  const drafts = new Map<string, Draft>();

  function show(address: string, text: string): void {
    if ((texts.value.get(address) ?? '') === text) return;
    texts.value = new Map(texts.value).set(address, text);
  }

  function follow(address: string): Draft {
    const known = drafts.get(address);
    if (known !== undefined) return known;
    const kept = storage.getItem(ITEM_PREFIX + address);
    const draft: Draft = {
      subscription: undefined,
      awaitedId: undefined,
      isAhead: kept !== null,
      isOpening: true,
      cancelPush: undefined,
    };
    drafts.set(address, draft);
    if (kept !== null) show(address, kept);
    draft.subscription = live.subscribe(TOPIC_PREFIX + address, 'string', {
      onChange: (change) => hear(address, draft, change),
      onReject: (changeId) => {
        if (changeId === draft.awaitedId) draft.awaitedId = undefined;
      },
    });
    return draft;
  }

  function hear(address: string, draft: Draft, change: TopicChange): void {
    if (draft.awaitedId !== undefined && change.id === draft.awaitedId) {
      draft.awaitedId = undefined;
      if (!draft.isAhead) storage.removeItem(ITEM_PREFIX + address);
      return;
    }
    const { isOpening } = draft;
    draft.isOpening = false;
    // Whatever was on its way on the old connection is lost.
    const isOurs = draft.awaitedId !== undefined || draft.isAhead;
    if (isOurs) {
      if (isOpening) push(address, draft);
      return;
    }
    show(address, applyStringChange(texts.value.get(address) ?? '', change));
  }

  function push(address: string, draft: Draft): void {
    draft.cancelPush?.();
    draft.cancelPush = undefined;
    const id = createId();
    const value = texts.value.get(address) ?? '';
    if (draft.subscription?.change({ type: 'set', value, id }) !== true) return;
    draft.isAhead = false;
    draft.awaitedId = id;
  }

  live.onConnected(() => {
    for (const draft of drafts.values()) draft.isOpening = true;
  });

  return {
    /** By address, or by the name of the draft of a room; empty ones may be in it. */
    texts,
    /** The draft of a conversation, followed from now on. */
    of: (address: string) => {
      follow(address);
      return computed(() => texts.value.get(address) ?? '');
    },
    /** Follows the drafts that other browsers have begun: a change of the topic `_chatroom/topic_list`. */
    followListed: ({ type, value, item }: TopicChange): void => {
      const listed: unknown[] = type === 'append' ? [item] : Array.isArray(value) ? value : [];
      for (const address of listed.map(draftAddress)) {
        if (address !== undefined && drafts.size < MAX_FOLLOWED) follow(address);
      }
    },
    /** Takes what was typed; the daemon hears of it a moment later, of an emptied draft at once. */
    write: (address: string, text: string): void => {
      const draft = follow(address);
      show(address, text);
      storage.setItem(ITEM_PREFIX + address, text);
      draft.isAhead = true;
      draft.cancelPush?.();
      if (text === '') push(address, draft);
      else draft.cancelPush = clock.after(PUSH_DELAY_MS, () => push(address, draft));
    },
  };
}

/** The text after a change of a `string` topic. */
export function applyStringChange(text: string, change: TopicChange): string {
  const { type, value, position, insertion, deletion } = change;
  if (type === 'set') return typeof value === 'string' ? value : text;
  if (typeof position !== 'number') return text;
  const before = text.slice(0, position);
  if (type === 'insert' && typeof insertion === 'string') {
    return before + insertion + text.slice(position);
  }
  if (type === 'delete' && typeof deletion === 'string') {
    return before + text.slice(position + deletion.length);
  }
  return text;
}

function draftAddress(listed: unknown): string | undefined {
  if (typeof listed !== 'object' || listed === null || !('topic_name' in listed)) return undefined;
  const { topic_name: name } = listed;
  return typeof name === 'string' && name.startsWith(TOPIC_PREFIX)
    ? name.slice(TOPIC_PREFIX.length)
    : undefined;
}
