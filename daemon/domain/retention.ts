import { olderThan, periodMs } from './age.ts';
import { ClockReadings } from './clock-readings.ts';
import type { Contacts } from './contacts.ts';
import type { Deletions } from './deletions.ts';
import type { RetentionPeriod } from '../wire/gui-api.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { Clock, DeletionStore, MessageStore } from './ports.ts';
import type { RoomRetention } from './room-retention.ts';

/** Messages that are looked at and deleted at a time, and the pause before the next. */
const SLICE_MESSAGES = 200;
const SLICE_PAUSE_MS = 50;
type Dependencies = Readonly<{
  store: DeletionStore;
  contacts: Pick<Contacts, 'list' | 'byNumber'>;
  messages: Pick<MessageStore, 'page' | 'remove'>;
  outbox: Pick<Outbox, 'waits'>;
  deletions: Pick<Deletions, 'announce'>;
  clock: Clock;
  /** Works by the same clock. */
  rooms: Pick<RoomRetention, 'isLimited' | 'tidy' | 'stop'>;
  /** How long messages are kept where the conversation does not say. */
  period: () => RetentionPeriod;
}>;

/** Deletes here what is older than the owner wants it to be, a little at a time. */
export class Retention {
  readonly #deps: Dependencies;
  readonly #readings: ClockReadings;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#readings = new ClockReadings({ initial: deps.store.initial.readings, clock: deps.clock });
  }

  stop(): void {
    this.#isStopped = true;
    this.#deps.rooms.stop();
  }

  /**
   * Deletes what has been too old for a day (D12). Meant to be called hourly; one run at a time.
   *
   * @throws {StorageError} The rest goes another time.
   */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Notes how long this run was, so that the days of several short ones add up. */
  async flush(): Promise<void> {
    if (!this.#isOfUse) return;
    this.#readings.take();
    await this.#deps.store.saveReadings(this.#readings.all);
  }

  async #run(): Promise<void> {
    if (!this.#isOfUse) return;
    const trustedMs = this.#readings.take();
    await this.#deps.store.saveReadings(this.#readings.all);
    if (trustedMs === undefined) return;
    for (const { number } of this.#limited()) await this.#tidy(number, trustedMs);
    await this.#deps.rooms.tidy(trustedMs);
  }

  /** Whether anything is ever deleted for its age. */
  get #isOfUse(): boolean {
    return this.#deps.rooms.isLimited || this.#limited().length > 0;
  }

  #limited(): readonly Contact[] {
    return this.#deps.contacts.list().filter((contact) => Number.isFinite(this.#keptMs(contact)));
  }

  #keptMs({ retention }: Contact): number {
    return periodMs(retention ?? this.#deps.period());
  }

  /** From the oldest message to the first that is young enough. */
  async #tidy(number: Contact['number'], trustedMs: number): Promise<void> {
    const { contacts, messages, deletions, clock } = this.#deps;
    let after = 0;
    while (!this.#isStopped) {
      // As it is now: the owner may have changed his mind.
      const contact = contacts.byNumber(number);
      if (contact === undefined) return;
      const beforeMs = trustedMs - this.#keptMs(contact);
      const page = await messages.page(number, { after, limit: SLICE_MESSAGES });
      const old = olderThan(beforeMs, page, ({ receivedAt }) => receivedAt);
      const gone = old.filter((message) => this.#isDone(contact, message));
      if (gone.length > 0) {
        await messages.remove(
          number,
          gone.map(({ s }) => s),
        );
        deletions.announce(contact, gone);
      }
      if (old.length < SLICE_MESSAGES) return;
      after = old.at(-1)?.s ?? after;
      await new Promise<void>((resolve) => void clock.after(SLICE_PAUSE_MS, resolve));
    }
  }

  /** What has not reached its recipient, or was not read by the owner, is kept until it has. */
  #isDone(contact: Contact, { direction, s }: StoredMessage): boolean {
    return direction === 'out' ? !this.#deps.outbox.waits(contact, s) : s <= contact.readUpTo;
  }
}
