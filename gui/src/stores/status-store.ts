/** How the daemon is doing: the topic `_vestnik/status`, a dict with the members of `ApiStatus`. */
import { computed, signal } from '@preact/signals';
import type { ApiStatus } from '../../../daemon/wire/gui-api.ts';
import { isStatus } from '../answers.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type StatusStore = ReturnType<typeof createStatusStore>;

export function createStatusStore() {
  const members = signal<ReadonlyMap<string, unknown>>(new Map());
  const firstVersion = signal<string | undefined>(undefined);
  const status = computed<ApiStatus | undefined>(() => {
    const value: unknown = Object.fromEntries(members.value);
    return isStatus(value) ? value : undefined;
  });

  return {
    /** `undefined` until the daemon has told us. */
    status,
    /** The daemon is another version now than when this page came from it. */
    isUpdated: computed(
      () => firstVersion.value !== undefined && status.value?.version !== firstVersion.value,
    ),
    apply: (change: TopicChange): void => {
      members.value = applyDictChange(members.value, change, isAnything);
      firstVersion.value ??= status.value?.version;
    },
  };
}

/** Members are judged together, as an `ApiStatus`. */
function isAnything(value: unknown): value is unknown {
  return value !== undefined;
}
