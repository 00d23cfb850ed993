/** One request on a connection: it arrives after the one before it, and is answered after it, or neither. */
export class Leg {
  readonly #ahead: Leg | undefined;
  readonly #arrived: Promise<boolean>;
  readonly #ended: Promise<boolean>;
  #noteArrival: (hasArrived: boolean) => void = () => undefined;
  #noteEnd: (isAnswered: boolean) => void = () => undefined;
  isOver = false;

  constructor(ahead?: Leg) {
    this.#ahead = ahead;
    this.#arrived = new Promise((resolve) => (this.#noteArrival = resolve));
    this.#ended = new Promise((resolve) => (this.#noteEnd = resolve));
  }

  /** Waits for its turn. @returns `false` when what was before it never came. */
  async mayArrive(): Promise<boolean> {
    return this.#ahead === undefined || this.#ahead.#arrived;
  }

  arrive(): void {
    this.#noteArrival(true);
  }

  /** What came of it, once that is known of those before it. */
  async settle<Result>(coming: Promise<Result>): Promise<Result | 'broken'> {
    const result = await coming;
    this.#noteArrival(false);
    const isWell = this.#ahead === undefined || (await this.#ahead.#ended);
    const isAnswered = isWell && typeof result === 'object';
    this.isOver = true;
    this.#noteEnd(isAnswered);
    return isWell ? result : 'broken';
  }
}
