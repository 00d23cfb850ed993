/**
 * That the owner is typing in another browser: events on the topic `typing/<address>` of the open conversation. Nothing of
 * it is kept, so nothing has to be taken back when a browser goes away.
 *
 * Source: docs/gui-api.md#live-updates.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { isFields } from '../answers.ts';
import type { Clock } from '../../client/clock.ts';
import type { Live, Subscription } from '../live.ts';
import type { TopicChange } from '../../client/topic-frames.ts';

const TOPIC_PREFIX = 'typing/';
/** Typing is told again after this, as long as it goes on. */
const REPEAT_MS = 2_500;
/** Nobody types any more who has not said so for this long. */
const EXPIRY_MS = 6_000;

export type TypingOptions = Readonly<{
  live: Pick<Live, 'subscribe'>;
  clock: Clock;
  createId: () => string;
}>;

export type TypingStore = ReturnType<typeof createTypingStore>;

export function createTypingStore({ live, clock, createId }: TypingOptions) {
  /** Who we are among the owner's browsers. */
  const self = createId();
  /** Conversations that are typed in elsewhere, each with what lets it expire. */
  const elsewhere = signal<ReadonlyMap<string, () => void>>(new Map());
  const subscriptions = new Map<string, Subscription>();
  const saidAt = new Map<string, number>();

  function hear(place: string, { type, args }: TopicChange): void {
    if (type !== 'emit' || !isFields(args) || args['browser'] === self) return;
    if (args['typing'] === true) show(place);
    else hide(place);
  }

  function show(place: string): void {
    elsewhere.value.get(place)?.();
    const cancelExpiry = clock.after(EXPIRY_MS, () => hide(place));
    elsewhere.value = new Map(elsewhere.value).set(place, cancelExpiry);
  }

  function hide(place: string): void {
    const cancelExpiry = elsewhere.value.get(place);
    if (cancelExpiry === undefined) return;
    cancelExpiry();
    elsewhere.value = new Map([...elsewhere.value].filter(([other]) => other !== place));
  }

  function say(place: string, typing: boolean): void {
    const change = { type: 'emit', args: { browser: self, typing }, id: createId() };
    subscriptions.get(place)?.change(change);
  }

  return {
    /** Whether another browser of the owner is typing there. */
    isElsewhere: (place: string): ReadonlySignal<boolean> =>
      computed(() => elsewhere.value.has(place)),
    /**
     * Follows a conversation while it is open.
     *
     * @param place A contact's address, or a room's name.
     * @returns What ends that.
     */
    follow: (place: string): (() => void) => {
      const subscription = live.subscribe(TOPIC_PREFIX + place, 'event', {
        onChange: (change) => hear(place, change),
      });
      subscriptions.set(place, subscription);
      return () => {
        hide(place);
        saidAt.delete(place);
        subscriptions.delete(place);
        subscription.unsubscribe();
      };
    },
    /** Something was typed here; with an empty text it is over. */
    note: (place: string, text: string): void => {
      const lastAt = saidAt.get(place);
      if (text === '') {
        if (lastAt === undefined) return;
        saidAt.delete(place);
        say(place, false);
      } else if (lastAt === undefined || clock.nowMs() - lastAt >= REPEAT_MS) {
        saidAt.set(place, clock.nowMs());
        say(place, true);
      }
    },
  };
}
