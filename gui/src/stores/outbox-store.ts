/**
 * Messages that were written here and that the daemon has not confirmed yet.
 *
 * Kept in `localStorage`, one item a message, so that they outlive a reload and two tabs do not overwrite each other.
 * A message that two tabs offer is stored once, as its id is made here.
 */
import { computed, signal } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import { tryParseAddress } from '../../../daemon/wire/address.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { hasTexts, isFields } from '../answers.ts';
import { ApiError, type ApiFailure } from '../api.ts';
import type { Clock } from '../clock.ts';

const ITEM_PREFIX = 'vestnik.outbox.';
/** How long to wait before offering again, when the daemon is there but busy. */
const BUSY_RETRY_MS = 5_000;

/** A message on its way to our own daemon. */
export type OutboxItem = Readonly<{
  id: string;
  address: Address;
  message: string;
  /** When it was written. */
  at: number;
  /** Why the daemon did not take it; the owner decides what happens next. */
  refusal: ApiFailure | undefined;
}>;

export type OutboxOptions = Readonly<{
  send: (
    address: Address,
    message: Readonly<{ id: string; message: string }>,
  ) => Promise<ApiMessage>;
  onSent: (message: ApiMessage) => void;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  clock: Clock;
  createId: () => string;
}>;

export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore({ send, onSent, storage, clock, createId }: OutboxOptions) {
  const items = signal<readonly OutboxItem[]>(readItems(storage));
  let isFlushing = false;

  function put(item: OutboxItem): void {
    items.value = [...items.value.filter(({ id }) => id !== item.id), item].sort(
      (a, b) => a.at - b.at,
    );
    try {
      storage.setItem(ITEM_PREFIX + item.id, JSON.stringify(item));
    } catch {
      // The browser's storage is full: the message still goes out, it only does not outlive this page.
    }
  }

  function remove(id: string): void {
    items.value = items.value.filter((item) => item.id !== id);
    storage.removeItem(ITEM_PREFIX + id);
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
  async function offer(item: OutboxItem): Promise<boolean> {
    try {
      const { id, message } = item;
      onSent(await send(item.address, { id, message }));
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
    /** What waits for one conversation. */
    of: (address: Address) =>
      computed(() => items.value.filter((item) => item.address === address)),
    /** Keeps a message and offers it. */
    add: (address: Address, message: string): void => {
      put({ id: createId(), address, message, at: clock.nowMs(), refusal: undefined });
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

function readItems(storage: OutboxOptions['storage']): readonly OutboxItem[] {
  const items: OutboxItem[] = [];
  for (let index = 0; index < storage.length; index++) {
    const key = storage.key(index);
    if (key?.startsWith(ITEM_PREFIX) !== true) continue;
    const item = decodeItem(storage.getItem(key) ?? '');
    if (item !== undefined) items.push(item);
  }
  return items.sort((a, b) => a.at - b.at);
}

/** What an older page of ours may have kept. */
function decodeItem(text: string): OutboxItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Somebody else's, or torn: it can't be sent.
    return undefined;
  }
  if (!isFields(value) || !hasTexts(value, 'id', 'address', 'message')) return undefined;
  const address = tryParseAddress(value.address);
  if (address === undefined) return undefined;
  const at = typeof value['at'] === 'number' ? value['at'] : 0;
  return { id: value.id, address, message: value.message, at, refusal: undefined };
}
