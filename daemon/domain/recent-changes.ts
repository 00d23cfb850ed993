/** The latest changes of a topic by their ids, for those who lost the line before they heard what became of theirs. */

/** A change that was applied, and whether it was one that was sent again. */
export type KnownChange = readonly [id: string, wasSentAgain: boolean];

/** What is known of a topic's changes; enough to answer those who come back. */
export type TopicPast = Readonly<{
  /** See `Resumed`. */
  life: string;
  /** How many changes there were. */
  version: number;
  /** The latest of them, as far as they had ids, oldest first. */
  recent: readonly KnownChange[];
}>;

/** Ids that are kept. Source: docs/topics.md#coming-back. */
export const RECENT_MAX_CHANGES = 100;
/** What one of them takes of the memory, about. */
const CHANGE_BYTES = 100;

export class RecentChanges {
  /** Oldest first; whether it was sent again. */
  readonly #wasSentAgain: Map<string, boolean>;

  constructor(known: readonly KnownChange[] = []) {
    this.#wasSentAgain = new Map(known);
  }

  /** All that are known, oldest first. */
  get known(): readonly KnownChange[] {
    return [...this.#wasSentAgain];
  }

  /** What they take of the memory, about. */
  get sizeBytes(): number {
    return this.#wasSentAgain.size * CHANGE_BYTES;
  }

  /** Which of these were applied, as far as that is still known. */
  applied(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => this.#wasSentAgain.has(id));
  }

  /**
   * Whether a change was applied already. Clients may use an id for several changes; only one of which a copy is said to
   * be sent again counts once, whichever of them comes first.
   */
  isRepeat(id: string, isSentAgain: boolean): boolean {
    const was = this.#wasSentAgain.get(id);
    return was !== undefined && (was || isSentAgain);
  }

  /** Notes a change that was applied. */
  add(id: string, isSentAgain: boolean): void {
    this.#wasSentAgain.delete(id);
    this.#wasSentAgain.set(id, isSentAgain);
    const [oldest] = this.#wasSentAgain.keys();
    if (this.#wasSentAgain.size > RECENT_MAX_CHANGES && oldest !== undefined) {
      this.#wasSentAgain.delete(oldest);
    }
  }
}
