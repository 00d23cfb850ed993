/** What somebody looks for in the messages, and what was found so far. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { SEARCH_MAX_LENGTH, type ApiFound } from '../../../daemon/wire/gui-api.ts';
import type { Api, SearchWithin } from '../api.ts';
import type { Clock } from '../../client/clock.ts';

/** Who types on is not asked for yet. */
const TYPING_PAUSE_MS = 150;
/** So many are fetched before somebody asks for more. */
const PAGE_MESSAGES = 30;

/** `idle`: nothing is looked for. */
export type SearchPhase = 'idle' | 'searching' | 'done' | 'failed';

export type SearchStore = Readonly<{
  typed: ReadonlySignal<string>;
  /** What was found for what was typed, the newest first; while it is being looked for, what was found before. */
  found: ReadonlySignal<readonly ApiFound[]>;
  phase: ReadonlySignal<SearchPhase>;
  /** There may be older ones. */
  hasMore: ReadonlySignal<boolean>;
  /** Looks for something else; a blank looks for nothing. */
  type: (text: string) => void;
  loadMore: () => void;
  /** Calls off what is under way. */
  stop: () => void;
}>;

type Options = Readonly<{
  search: Api['search'];
  clock: Pick<Clock, 'after'>;
  /** Everywhere unless given. */
  within?: SearchWithin;
}>;

/** Searches never reject; `phase` tells. */
export function createSearchStore({ search, clock, within }: Options): SearchStore {
  const typed = signal('');
  const found = signal<readonly ApiFound[]>([]);
  const phase = signal<SearchPhase>('idle');
  const hasMore = signal(false);
  let next: string | undefined;
  let running: AbortController | undefined;
  let cancelPause: (() => void) | undefined;

  function stop(): void {
    cancelPause?.();
    running?.abort();
    running = undefined;
  }

  /** @param shown What stays in front of what is found now. */
  async function run(
    from: Parameters<Api['search']>[0],
    shown: readonly ApiFound[],
  ): Promise<void> {
    const control = new AbortController();
    running = control;
    phase.value = 'searching';
    const gathered: ApiFound[] = [];
    try {
      let page = await search(from, control.signal);
      gathered.push(...page.found);
      // A page is short when looking took long; what it found is shown, and the rest is looked for.
      while (page.next !== undefined && gathered.length < PAGE_MESSAGES) {
        if (control.signal.aborted) return;
        found.value = [...shown, ...gathered];
        page = await search(page.next, control.signal);
        gathered.push(...page.found);
      }
      if (control.signal.aborted) return;
      next = page.next;
      found.value = [...shown, ...gathered];
      hasMore.value = next !== undefined;
      phase.value = 'done';
    } catch {
      // The page offers to try again; the reason is the connection's and shown there.
      if (!control.signal.aborted) phase.value = 'failed';
    }
  }

  function type(text: string): void {
    stop();
    typed.value = text;
    hasMore.value = false;
    next = undefined;
    const wanted = text.trim().slice(0, SEARCH_MAX_LENGTH);
    if (wanted === '') {
      found.value = [];
      phase.value = 'idle';
      return;
    }
    phase.value = 'searching';
    cancelPause = clock.after(TYPING_PAUSE_MS, () => {
      void run({ q: wanted, within, limit: PAGE_MESSAGES }, []);
    });
  }

  return {
    typed,
    found,
    phase,
    hasMore,
    type,
    loadMore: () => {
      if (phase.value === 'searching') return;
      if (phase.value === 'failed' && next === undefined) type(typed.value);
      else if (next !== undefined) void run(next, found.value);
    },
    stop,
  };
}
