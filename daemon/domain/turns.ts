import type { ContactNumber } from './model.ts';

/** Lets things that concern one contact happen one after another, in the order in which they were asked for. */
export class Turns {
  readonly #last = new Map<ContactNumber, Promise<void>>();

  /** Runs `step` when all that came before it is done, whatever became of that. */
  take<Result>(contact: ContactNumber, step: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(contact);
    const result = before === undefined ? step() : before.then(step);
    const over = result.then(ignore, ignore);
    this.#last.set(contact, over);
    void over.then(() => {
      if (this.#last.get(contact) === over) this.#last.delete(contact);
    });
    return result;
  }
}

function ignore(): void {
  // Whoever asked for the step hears of its failure.
}
