/** Exchanges under way at once. Source: docs/security.md, G21. */
export const OUTGOING_MAX = 32;
/** Of these, with peers of whom we have no sign of life: each may hang until its timeout. */
export const OUTGOING_DOUBTFUL_MAX = 16;

type Waiting = Readonly<{ isDoubtful: boolean; start: () => void }>;

/**
 * Hands out the right to talk to a peer. Peers who are there come first, and those who probably are not can never take
 * all places: a dead contact delays nobody.
 */
export class OutgoingSlots {
  readonly #waiting: Waiting[] = [];
  #busy = 0;
  #doubtful = 0;

  /** Runs `exchange` when it is its turn. */
  async run<Result>(isDoubtful: boolean, exchange: () => Promise<Result>): Promise<Result> {
    await this.#enter(isDoubtful);
    try {
      return await exchange();
    } finally {
      this.#leave(isDoubtful);
    }
  }

  #enter(isDoubtful: boolean): Promise<void> | void {
    if (this.#hasRoom(isDoubtful)) {
      this.#take(isDoubtful);
      return;
    }
    return new Promise((start) => this.#waiting.push({ isDoubtful, start }));
  }

  #leave(isDoubtful: boolean): void {
    this.#busy -= 1;
    if (isDoubtful) this.#doubtful -= 1;
    for (const wanted of [false, true]) {
      const index = this.#waiting.findIndex((one) => one.isDoubtful === wanted);
      const [next] = index !== -1 && this.#hasRoom(wanted) ? this.#waiting.splice(index, 1) : [];
      if (next === undefined) continue;
      this.#take(wanted);
      next.start();
      return;
    }
  }

  #hasRoom(isDoubtful: boolean): boolean {
    if (this.#busy >= OUTGOING_MAX) return false;
    return !isDoubtful || this.#doubtful < OUTGOING_DOUBTFUL_MAX;
  }

  #take(isDoubtful: boolean): void {
    this.#busy += 1;
    if (isDoubtful) this.#doubtful += 1;
  }
}
