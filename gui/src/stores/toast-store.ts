/** A short word about what just happened, gone by itself. */
import { signal } from '@preact/signals';
import type { Clock } from '../../client/clock.ts';
import type { TextName } from '../texts/language.ts';

const SHOWN_MS = 6_000;

export type ToastStore = ReturnType<typeof createToastStore>;

export function createToastStore(clock: Clock) {
  const toast = signal<TextName | undefined>(undefined);
  let cancelHide: (() => void) | undefined;

  function hide(): void {
    cancelHide?.();
    toast.value = undefined;
  }

  return {
    toast,
    show: (text: TextName): void => {
      hide();
      toast.value = text;
      cancelHide = clock.after(SHOWN_MS, hide);
    },
    hide,
  };
}
