/** Drafts are topics that outlive their subscribers, and the daemon itself. */
import type { Clock, Timer } from './ports.ts';

/** Topics whose name begins so are drafts; all of them are strings. */
export const DRAFT_PREFIX = 'draft/';
/** How long changes are gathered before they are saved: somebody is typing. */
export const DRAFT_SAVE_DELAY_MS = 500;

/** Drafts on disk, text by topic name. */
export interface DraftStore {
  readonly initial: ReadonlyMap<string, string>;
  /**
   * Replaces all drafts.
   *
   * @throws {StorageError}
   */
  save(drafts: ReadonlyMap<string, string>): Promise<void>;
}

export function isDraft(topic: string): boolean {
  return topic.startsWith(DRAFT_PREFIX);
}

/** Saves drafts a little after they changed. */
export class DraftSaver {
  readonly #store: DraftStore;
  readonly #clock: Clock;
  readonly #collect: () => ReadonlyMap<string, string>;
  readonly #onDefect: (error: unknown) => void;
  #timer: Timer | undefined;

  /**
   * @param collect  Gives all drafts that are not empty.
   * @param onDefect Hears of a save that failed; the next change tries again.
   */
  constructor(
    store: DraftStore,
    clock: Clock,
    collect: () => ReadonlyMap<string, string>,
    onDefect: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#collect = collect;
    this.#onDefect = onDefect;
  }

  /** Notes that a draft changed. */
  saveSoon(): void {
    this.#timer ??= this.#clock.after(DRAFT_SAVE_DELAY_MS, () => {
      void this.#save();
    });
  }

  /** Saves what is not saved yet. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#save();
  }

  async #save(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#store.save(this.#collect());
    } catch (error) {
      this.#onDefect(error);
    }
  }
}
