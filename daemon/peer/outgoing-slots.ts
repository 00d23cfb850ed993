/** Exchanges under way at once. Source: docs/security.md, G21. */
export const OUTGOING_MAX = 32;
/** Of these, with peers of whom we have no sign of life: each may hang until its timeout. */
export const OUTGOING_DOUBTFUL_MAX = 16;

/** Exchanges that wait for their turn, and what their bodies may take in memory (G16). */
export const WAITING_MAX = 4_096;
export const WAITING_MAX_BYTES = 64 * 1024 * 1024;

/** What is to be sent. */
export type Sending = Readonly<{
  /** There is no sign of life of the peer. */
  isDoubtful: boolean;
  sizeBytes: number;
}>;

type Waiting = Sending & Readonly<{ start: () => void }>;

/**
 * Hands out the right to talk to a peer. Peers who are there come first, and those who probably are not can never take
 * all places: a dead contact delays nobody.
 */
export class OutgoingSlots {
  readonly #waiting: Waiting[] = [];
  #busy = 0;
  #doubtful = 0;
  #waitingBytes = 0;

  /**
   * Runs `exchange` when it is its turn.
   *
   * @returns `undefined` when too much waits already; `exchange` was not called.
   */
  async run<Result>(
    sending: Sending,
    exchange: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const { isDoubtful } = sending;
    if (this.#hasRoom(isDoubtful)) this.#take(isDoubtful);
    else if (this.#mayWait(sending)) await this.#turn(sending);
    else return undefined;
    try {
      return await exchange();
    } finally {
      this.#leave(isDoubtful);
    }
  }

  #mayWait({ sizeBytes }: Sending): boolean {
    const waitingBytes = this.#waitingBytes + sizeBytes;
    return this.#waiting.length < WAITING_MAX && waitingBytes <= WAITING_MAX_BYTES;
  }

  #turn(sending: Sending): Promise<void> {
    this.#waitingBytes += sending.sizeBytes;
    return new Promise((start) => this.#waiting.push({ ...sending, start }));
  }

  #leave(isDoubtful: boolean): void {
    this.#busy -= 1;
    if (isDoubtful) this.#doubtful -= 1;
    for (const wanted of [false, true]) {
      const index = this.#waiting.findIndex((one) => one.isDoubtful === wanted);
      const [next] = index !== -1 && this.#hasRoom(wanted) ? this.#waiting.splice(index, 1) : [];
      if (next === undefined) continue;
      this.#waitingBytes -= next.sizeBytes;
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
