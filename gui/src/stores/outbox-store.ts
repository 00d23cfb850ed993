/**
 * Messages that were written here and that the daemon has not confirmed yet.
 *
 * Kept in `localStorage`, one item a message, so that they outlive a reload and two tabs do not overwrite each other.
 * A message that two tabs offer is stored once, as its id is made here.
 */
import { computed, signal } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import { hasTexts, isFields } from '../answers.ts';
import { ApiError, type ApiFailure } from '../api.ts';
import type { Clock } from '../../client/clock.ts';

/** How long to wait before offering again, when the daemon is there but busy. */
const BUSY_RETRY_MS = 5_000;

/**
 * A message on its way to our own daemon.
 *
 * @typeParam To Whom it is for: the address of a contact, or the title of a room.
 */
export type OutboxItem<To extends string = Address> = Readonly<{
  id: string;
  to: To;
  message: string;
  /** When it was written. */
  at: number;
  /** Why the daemon did not take it; the owner decides what happens next. */
  refusal: ApiFailure | undefined;
}>;

export type OutboxOptions<To extends string, Sent> = Readonly<{
  /** @throws {ApiError} */
  send: (to: To, message: Readonly<{ id: string; message: string }>) => Promise<Sent>;
  onSent: (sent: Sent, to: To) => void;
  /** How items of this outbox are called in the storage. */
  itemPrefix: string;
  /** Reads what was kept; `undefined` for what is nobody to send to. */
  parseTo: (text: string) => To | undefined;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  clock: Clock;
  createId: () => string;
}>;

export type OutboxStore<To extends string = Address> = ReturnType<
  typeof createOutboxStore<To, never>
>;

export function createOutboxStore<To extends string, Sent>(options: OutboxOptions<To, Sent>) {
  const { send, onSent, itemPrefix, storage, clock, createId } = options;
  const items = signal<readonly OutboxItem<To>[]>(readItems(options));
  let isFlushing = false;

  function put(item: OutboxItem<To>): void {
    items.value = [...items.value.filter(({ id }) => id !== item.id), item].sort(
      (a, b) => a.at - b.at,
    );
    try {
      storage.setItem(itemPrefix + item.id, JSON.stringify(item));
    } catch {
      // The browser's storage is full: the message still goes out, it only does not outlive this page.
    }
  }

  function remove(id: string): void {
    items.value = items.value.filter((item) => item.id !== id);
    storage.removeItem(itemPrefix + id);
  }

  /** Offers what waits, in the order in which it was written, until the daemon is away. */
  async function flush(): Promise<void> {
    if (isFlushing) return;
    isFlushing = true;
    try {
      for (;;) {
        const next = items.value.find(({ refusal }) => refusal === undefined);
        if (next === undefined || !(await offer(next))) return;
      }
    } finally {
      isFlushing = false;
    }
  }

  /** @returns Whether it makes sense to go on with the next one. */
  async function offer(item: OutboxItem<To>): Promise<boolean> {
    try {
      const { id, to, message } = item;
      onSent(await send(to, { id, message }), to);
      remove(id);
      return true;
    } catch (error) {
      const code = error instanceof ApiError ? error.code : 'not_understood';
      if (code === 'unreachable' || code === 'unauthorized') return false;
      if (code === 'too_many_requests') {
        clock.after(BUSY_RETRY_MS, () => void flush());
        return false;
      }
      put({ ...item, refusal: code });
      return true;
    }
  }

  return {
    items,
    /** What waits for one conversation or room. */
    of: (to: To) => computed(() => items.value.filter((item) => item.to === to)),
    /** Keeps a message and offers it. */
    add: (to: To, message: string): void => {
      put({ id: createId(), to, message, at: clock.nowMs(), refusal: undefined });
      void flush();
    },
    /** Offers a refused message again, under the same id. */
    retry: (id: string): void => {
      const item = items.value.find((known) => known.id === id);
      if (item === undefined) return;
      put({ ...item, refusal: undefined });
      void flush();
    },
    /** Gives a message up. */
    discard: remove,
    flush,
  };
}

type Shelf<To extends string> = Pick<
  OutboxOptions<To, never>,
  'storage' | 'itemPrefix' | 'parseTo'
>;

function readItems<To extends string>(shelf: Shelf<To>): readonly OutboxItem<To>[] {
  const { storage, itemPrefix, parseTo } = shelf;
  const items: OutboxItem<To>[] = [];
  for (let index = 0; index < storage.length; index++) {
    const key = storage.key(index);
    if (key?.startsWith(itemPrefix) !== true) continue;
    const item = decodeItem(storage.getItem(key) ?? '', parseTo);
    if (item !== undefined) items.push(item);
  }
  return items.sort((a, b) => a.at - b.at);
}

/** What an older page of ours may have kept; the oldest called `to` the address. */
function decodeItem<To extends string>(
  text: string,
  parseTo: Shelf<To>['parseTo'],
): OutboxItem<To> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Somebody else's, or torn: it can't be sent.
    return undefined;
  }
  if (!isFields(value) || !hasTexts(value, 'id', 'message')) return undefined;
  const kept = value['to'] ?? value['address'];
  const to = typeof kept === 'string' ? parseTo(kept) : undefined;
  if (to === undefined) return undefined;
  const at = typeof value['at'] === 'number' ? value['at'] : 0;
  return { id: value.id, to, message: value.message, at, refusal: undefined };
}
