/** A stretch of one conversation: from some message to some newer one, without gaps. */
import type { ReadonlySignal } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import { PAGE_MAX_MESSAGES, type ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { Api } from '../api.ts';
import type { LogStretch } from './log-stretch.ts';
import { createPagedLog } from './paged-log.ts';

/** So many of the newest are looked at again after the connection was away; of older ones a deletion shows when they are loaded anew. */
const REVIEWED_MESSAGES = 1_000;

export type MessageLog = LogStretch &
  Readonly<{
    address: Address;
    /** By `s`. */
    messages: ReadonlySignal<readonly ApiMessage[]>;
    /** Shows the messages around one; `false` when there is no such message. */
    openAround: (id: string) => Promise<boolean>;
    /** Takes in new or changed messages. */
    apply: (messages: readonly ApiMessage[]) => void;
    /** Fetches what was missed while the connection was away. What is shown stays meanwhile. */
    catchUp: () => Promise<void>;
    /** Looks again at the places where messages were missing: some may have come, or be known not to come. */
    reviewGaps: () => Promise<void>;
    /** Takes a deleted message out; whatever is on its way here does not bring it back. */
    drop: (s: number) => void;
    /** Takes all messages up to a place out. */
    clear: (upToS: number) => void;
  }>;

/** An empty log of the conversation at `address`. Loads never reject; `hasFailed` tells. */
export function createMessageLog(
  address: Address,
  api: Pick<Api, 'messages' | 'message'>,
): MessageLog {
  const gone = createGone();
  let isReviewDue = false;
  const paged = createPagedLog<ApiMessage>({
    placeOf: ({ s }) => s,
    fetchPage: (query) => api.messages(address, query),
    merge: mergeMessages,
    // An answer may have left the daemon before a deletion that we know of.
    sift: (list) => (gone.isIn(list) ? list.filter(({ s }) => !gone.has(s)) : list),
    onIdle: () => {
      if (isReviewDue) void reviewGaps();
    },
  });
  const { entries: messages, hasOlder, hasNewer, loading, isLoaded, hasFailed } = paged;
  const { show, load, openNewest, loadOlder, loadNewer } = paged;

  async function openAround(id: string): Promise<boolean> {
    const isHere = () => messages.value.some((message) => message.id === id);
    if (!isHere()) await paged.loadAround(async () => (await api.message(address, id)).s);
    return isHere();
  }

  function apply(coming: readonly ApiMessage[]): void {
    const fitting = coming.filter(paged.hasPlaceFor);
    const [only] = fitting;
    if (only === undefined) return;
    show(
      fitting.length === 1
        ? putMessage(messages.value, only)
        : mergeMessages(messages.value, fitting),
    );
  }

  async function catchUp(): Promise<void> {
    if (!isLoaded.value || hasNewer.value) return;
    await load('newer', async () => {
      // From the oldest message that may have changed its state, or be gone, meanwhile up to the end.
      let after = firstOpenPlace(messages.value) - 1;
      for (;;) {
        const page = await api.messages(address, { after, limit: PAGE_MAX_MESSAGES });
        const isEnd = page.length < PAGE_MAX_MESSAGES;
        show(replaceStretch(messages.value, page, after, isEnd));
        if (isEnd) return;
        after = page.at(-1)?.s ?? Infinity;
      }
    });
  }

  async function reviewGaps(): Promise<void> {
    // What is being fetched may have left the daemon before the change.
    isReviewDue = loading.value !== undefined;
    if (isReviewDue) return;
    const gaps = messages.value.filter(({ missing_before }) => missing_before > 0);
    const [first] = gaps;
    const last = gaps.at(-1);
    if (first === undefined || last === undefined) return;
    await load('newer', async () => {
      let after = first.s - 1;
      while (after < last.s) {
        const page = await api.messages(address, { after, limit: PAGE_MAX_MESSAGES });
        // No further than what is loaded: the stretch must stay without holes.
        const end = messages.value.at(-1)?.s ?? 0;
        const known = page.filter(({ s }) => s <= end);
        show(replaceStretch(messages.value, known, after, false));
        after = page.at(-1)?.s ?? Infinity;
      }
    });
  }

  return {
    address,
    ...{ messages, hasOlder, hasNewer, loading, isLoaded, hasFailed },
    ...{ openNewest, openAround, loadOlder, loadNewer, apply, catchUp, reviewGaps },
    drop: (s) => {
      gone.note(s);
      show(messages.value);
    },
    clear: (upToS) => {
      gone.noteAll(upToS);
      show(messages.value);
    },
  };
}

/** Places whose messages were deleted while the page was open. */
function createGone() {
  const places = new Set<number>();
  let upTo = 0;
  const has = (s: number): boolean => s <= upTo || places.has(s);
  return {
    has,
    isIn: (messages: readonly ApiMessage[]): boolean =>
      (upTo > 0 || places.size > 0) && messages.some(({ s }) => has(s)),
    note: (s: number): void => void places.add(s),
    noteAll: (upToS: number): void => {
      upTo = Math.max(upTo, upToS);
    },
  };
}

/** The list with one message put in its place, or in the place of its older revision. */
export function putMessage(
  known: readonly ApiMessage[],
  message: ApiMessage,
): readonly ApiMessage[] {
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((known[middle]?.s ?? Infinity) < message.s) low = middle + 1;
    else high = middle;
  }
  const there = known[low];
  if (there?.s !== message.s) return known.toSpliced(low, 0, message);
  return message.rev < there.rev ? known : known.with(low, message);
}

/** Both lists as one, by place; of a message that is in both, the younger revision. */
export function mergeMessages(
  known: readonly ApiMessage[],
  coming: readonly ApiMessage[],
): readonly ApiMessage[] {
  const lastPlace = known.at(-1)?.s ?? -1;
  const isBehind = coming.every(({ s }, index) => s > (coming[index - 1]?.s ?? lastPlace));
  if (isBehind) return coming.length === 0 ? known : [...known, ...coming];
  const byPlace = new Map(known.map((message) => [message.s, message]));
  for (const message of coming) {
    const old = byPlace.get(message.s);
    if (old === undefined || message.rev >= old.rev) byPlace.set(message.s, message);
  }
  return [...byPlace.values()].sort((a, b) => a.s - b.s);
}

/** Puts a freshly fetched stretch in the place of what we had there: what is missing in it was deleted. */
function replaceStretch(
  known: readonly ApiMessage[],
  page: readonly ApiMessage[],
  after: number,
  isEnd: boolean,
): readonly ApiMessage[] {
  const last = page.at(-1)?.s ?? after;
  const fetched = new Set(page.map(({ s }) => s));
  const rest = known.filter(({ s }) => s <= after || fetched.has(s) || (s > last && !isEnd));
  // A live event may have overtaken the answer: it is newer than the page's end.
  const overtaken = isEnd ? known.filter(({ s }) => s > last) : [];
  return mergeMessages(mergeMessages(rest, page), overtaken);
}

/** The place of the first message on its way, or of the first of the newest, any of which may have been deleted. */
function firstOpenPlace(messages: readonly ApiMessage[]): number {
  const open = messages.find(
    ({ direction, state }) => direction === 'out' && state !== 'read' && state !== 'failed',
  );
  const newest = messages.at(-REVIEWED_MESSAGES) ?? messages[0];
  return Math.min(open?.s ?? Infinity, newest?.s ?? 1);
}
