/** A stretch of something long that is read by pages: from some entry to some newer one, without gaps. */
import type { ReadonlySignal } from '@preact/signals';

export type Loading = 'first' | 'older' | 'newer';

/** What a list needs to know of a stretch, whatever is in it. Loads never reject; `hasFailed` tells. */
export type LogStretch = Readonly<{
  hasOlder: ReadonlySignal<boolean>;
  /** The stretch does not reach the newest entry. */
  hasNewer: ReadonlySignal<boolean>;
  loading: ReadonlySignal<Loading | undefined>;
  isLoaded: ReadonlySignal<boolean>;
  hasFailed: ReadonlySignal<boolean>;
  /** Shows the newest entries. */
  openNewest: () => Promise<void>;
  loadOlder: () => Promise<void>;
  loadNewer: () => Promise<void>;
}>;
