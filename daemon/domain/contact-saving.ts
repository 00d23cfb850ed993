import type { Contact, ContactNumber } from './model.ts';
import type { Clock, ContactStore, Timer } from './ports.ts';

type Dependencies = Readonly<{
  store: ContactStore;
  /** The address book as it is to be on the disk. */
  list: () => readonly Contact[];
  clock: Clock;
  /** Signs of life are written at most this often, in milliseconds. Source: docs/peer-protocol.md#timers. */
  touchSaveMs: number;
  /** Read marks are written this long after they moved, in milliseconds; unless given, at once. */
  readSaveMs?: number | undefined;
}>;

/** When the address book is written: at once, or a while later where losing the last change harms nobody. */
export class ContactSaving {
  readonly #deps: Dependencies;
  #saved: readonly Contact[];
  #touchTimer: Timer | undefined;
  #readTimer: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#saved = deps.store.initial;
  }

  /** A contact as the disk has it. */
  saved(number: ContactNumber): Contact | undefined {
    return this.#saved.find((contact) => contact.number === number);
  }

  /**
   * Resolves when what there is now is durable.
   *
   * @throws {StorageError}
   */
  async now(): Promise<void> {
    const contacts = this.#deps.list();
    await this.#deps.store.save(contacts);
    this.#saved = contacts;
  }

  /** For signs of life, of which losing one harms nobody. */
  soon(): void {
    this.#touchTimer ??= this.#deps.clock.after(this.#deps.touchSaveMs, () => {
      this.#touchTimer = undefined;
      // A full disk is reported by whatever the owner does next; times of signs of life can wait.
      this.now().catch(() => undefined);
    });
  }

  /** For read marks: at once, unless the disk is to be spared; then what is read within a while shares one write. */
  async readMark(): Promise<void> {
    const { readSaveMs = 0, clock } = this.#deps;
    if (readSaveMs === 0) {
      await this.now();
      return;
    }
    this.#readTimer ??= clock.after(readSaveMs, () => {
      this.#readTimer = undefined;
      // As with signs of life: what the owner does next reports it.
      this.now().catch(() => undefined);
    });
  }

  /** Writes what is only in memory yet. */
  async flush(): Promise<void> {
    this.#touchTimer?.cancel();
    this.#readTimer?.cancel();
    this.#touchTimer = this.#readTimer = undefined;
    await this.now();
  }
}
