/** Which of the daemon's notices were seen in this browser. */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ApiNotice, ApiStatus } from '../../../daemon/wire/gui-api.ts';

const SEEN_KEY = 'vestnik.notices-seen';

export type NoticesStore = ReturnType<typeof createNoticesStore>;

export function createNoticesStore(
  status: ReadonlySignal<ApiStatus | undefined>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
) {
  /** When the last notice that was seen happened; ISO times sort as text. */
  const seenUpTo = signal(storage.getItem(SEEN_KEY) ?? '');
  const newest = computed<ApiNotice | undefined>(() => {
    const last = status.value?.notices.at(-1);
    return last !== undefined && last.at > seenUpTo.value ? last : undefined;
  });

  return {
    /** The newest notice, unless it was seen. */
    newest,
    markSeen: (): void => {
      if (newest.value === undefined) return;
      const { at } = newest.value;
      storage.setItem(SEEN_KEY, at);
      seenUpTo.value = at;
    },
  };
}
