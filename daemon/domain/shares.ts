/**
 * Something that all clients have in common and of which there is only so much. Whoever has an account holds half of it
 * at most, so that nobody can take it away from all others.
 */
export class Shares {
  readonly #max: number;
  readonly #ofAccount = new Map<string, number>();
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether so much more is left, for this account. */
  hasRoom(account: string | undefined, amount = 1): boolean {
    if (this.#taken + amount > this.#max) return false;
    return account === undefined || this.#of(account) + amount <= this.#max / 2;
  }

  /** Counts so much more, or less if it is negative; whether there is room is for the caller to ask. */
  add(account: string | undefined, amount = 1): void {
    this.#taken += amount;
    if (account === undefined) return;
    const held = this.#of(account) + amount;
    if (held > 0) this.#ofAccount.set(account, held);
    else this.#ofAccount.delete(account);
  }

  #of(account: string): number {
    return this.#ofAccount.get(account) ?? 0;
  }
}
