import { wireMessageId } from '../crypto/digest.ts';
import type { Contacts } from './contacts.ts';
import { inPieces, type DeliveryNotes } from './delivery-notes.ts';
import type { DomainEvents } from './events.ts';
import { Expiry } from './expiry.ts';
import type { Contact, FailReason, StoredMessage } from './model.ts';
import type { OfferedIds } from './offered-ids.ts';
import type { Clock } from './ports.ts';
import type { Queues } from './queues.ts';
import type { Waiting } from './waiting.ts';

const DAY_MS = 86_400_000;

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'byNumber'>;
  events: DomainEvents;
  clock: Clock;
  /** A message that never left this daemon fails after this many days. */
  expireDays: number;
  queues: Queues;
  offered: OfferedIds;
  notes: DeliveryNotes;
  load: (batch: readonly Waiting[]) => Promise<readonly StoredMessage[]>;
  /** Messages that were taken out go on waiting. */
  putBack: (contact: Contact, batch: readonly Waiting[]) => void;
}>;

/** Messages that leave the outbox without having reached anybody: cancelled, too old, or their contact was removed. */
export class Abandoning {
  readonly #deps: Dependencies;
  readonly #expiry: Expiry<number>;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#expiry = new Expiry(deps.clock);
  }

  /** As `Outbox.fail`. */
  async fail(contact: Contact, places: readonly number[], reason: FailReason): Promise<void> {
    const { queues, offered, events, load } = this.#deps;
    for (const piece of inPieces(places)) {
      // What was delivered, or deleted, since the last piece is not here any more.
      const batch = piece.flatMap((s) => queues.take(contact.number, s) ?? []);
      if (batch.length === 0) continue;
      await this.#note(contact, batch, reason);
      for (const message of await load(batch)) {
        offered.forget(contact.number, wireMessageId(message.id));
        events.emit('abandoned', { contact, message });
      }
    }
  }

  /** As `Outbox.expire`. */
  async expire(): Promise<void> {
    const { queues, clock, contacts, expireDays } = this.#deps;
    const oldestAt = clock.nowMs() - expireDays * DAY_MS;
    const seeming = [...queues.contacts()].map((number) => {
      return { number, places: queues.queuedBefore(number, oldestAt) };
    });
    const expired = this.#expiry.confirm(seeming.flatMap(({ places }) => places));
    for (const { number, places } of seeming) {
      const contact = contacts.byNumber(number);
      if (contact === undefined) continue;
      const old = places.filter((s) => expired.has(s));
      if (old.length > 0) await this.fail(contact, old, 'expired');
    }
  }

  /**
   * The contact was removed: nobody will come for its messages. What can't be noted comes back at the next start and waits
   * in vain; nothing is lost.
   */
  async giveUp(contact: Contact): Promise<void> {
    const { queues, offered, notes } = this.#deps;
    const left = queues.drop(contact.number);
    offered.forgetAll(contact.number);
    if (left.length > 0) await notes.noteAbandoned(contact, left);
  }

  async #note(contact: Contact, batch: readonly Waiting[], reason: FailReason): Promise<void> {
    try {
      await this.#deps.notes.note(contact, batch, 'failed', { outcome: reason });
    } catch (error) {
      this.#deps.putBack(contact, batch);
      throw error;
    }
  }
}
