/** Those who want to hear of something. */
export class Listeners<Event extends readonly unknown[]> {
  readonly #all = new Set<(...event: Event) => void>();

  /** @returns What takes the listener away again. */
  add(listener: (...event: Event) => void): () => void {
    // The same function may be added twice, by two who do not know of each other.
    const own = (...event: Event): void => listener(...event);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  tell(...event: Event): void {
    for (const listener of [...this.#all]) listener(...event);
  }
}
