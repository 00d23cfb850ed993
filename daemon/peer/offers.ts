import { DELIVERY_RETRY_MIN_MS, retryDelayMs } from '../domain/backoff.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Controls, TakenControls } from '../domain/controls.ts';
import type { Envelopes, Offered } from '../domain/envelopes.ts';
import type { Contact, DeliveryOutcome, StoredMessage } from '../domain/model.ts';
import type { Outbox, Waiting } from '../domain/outbox.ts';
import type { Clock, Random } from '../domain/ports.ts';
import type { SessionAttempts } from '../domain/session-attempts.ts';
import type { BatchResult, PeerCalls } from './peer-calls.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  outbox: Outbox;
  attempts: SessionAttempts;
  controls: Controls;
  envelopes: Envelopes;
  calls: PeerCalls;
  clock: Clock;
  random: Random;
}>;

/** Hands one contact what waits for it, a batch at a time, and sorts what comes of it. */
export class Offers {
  readonly #deps: Dependencies;
  #controlRefusals = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Offers the next batch to a contact that is there.
   *
   * @returns `undefined` when nothing could be said, because a session comes first.
   */
  async make(contact: Contact): Promise<DeliveryOutcome | undefined> {
    const { outbox } = this.#deps;
    const batch = outbox.nextBatch(contact);
    const messages = await outbox.load(batch);
    const places = new Set(messages.map(({ s }) => s));
    const offered = batch.filter(({ s }) => places.has(s));
    // What can't be read (a damaged line) must not be asked for again and again.
    outbox.refused(
      contact,
      batch.filter(({ s }) => !places.has(s)),
    );
    return this.#handOver(contact, offered, messages);
  }

  /** Hands messages over, together with what is owed to the contact besides. */
  async #handOver(
    contact: Contact,
    offered: readonly Waiting[],
    messages: readonly StoredMessage[],
  ): Promise<DeliveryOutcome | undefined> {
    const { outbox, calls, envelopes, controls } = this.#deps;
    const taken = controls.take(contact);
    let result: BatchResult | undefined;
    try {
      const pairs = pairUp(offered, messages);
      const wrapped = await envelopes.wrap(contact, pairs, taken.controls);
      // The session went while we looked.
      if (wrapped === undefined) return undefined;
      outbox.offered(contact, messages);
      const handshakes = taken.handshakes.map((one) => envelopes.handshake(contact, one));
      const all = [...wrapped.messages, ...handshakes, ...wrapped.controls];
      const ahead = this.#sealAhead(contact, offered);
      result = await calls.offer(contact, all);
      await ahead;
    } finally {
      const isDone =
        result?.outcome === 'ok' && result.accepted.slice(offered.length).every(Boolean);
      if (isDone) this.#controlRefusals = 0;
      else taken.putBack(result?.outcome === 'ok' ? this.#nextControlsMs() : 0);
    }
    if (result.outcome !== 'ok') {
      outbox.noteAttempt(contact, offered, result.outcome, undefined);
      return result.outcome;
    }
    await this.#noteGreeting(contact, taken);
    const outcome = this.#sort(contact, offered, result.accepted);
    if (result.isTroubled) this.recover(contact);
    return outcome;
  }

  /** Encrypts what comes next while this batch is on its way, so that neither side waits for the other's arithmetic. */
  async #sealAhead(contact: Contact, underWay: readonly Waiting[]): Promise<void> {
    const { outbox, envelopes } = this.#deps;
    if (contact.encryption !== 'dr1') return;
    const taken = new Set(underWay);
    const next = outbox.nextBatch(contact, (one) => taken.has(one));
    if (next.length === 0) return;
    try {
      await envelopes.wrap(contact, pairUp(next, await outbox.load(next)), []);
    } catch {
      // A disk that refuses is met again, and reported, when their turn comes.
    }
  }

  /** What a reachable contact refuses is offered later, and ever more seldom. @returns Monotonic time. */
  #nextControlsMs(): number {
    const { clock, random } = this.#deps;
    this.#controlRefusals += 1;
    const delayMs = retryDelayMs(this.#controlRefusals, DELIVERY_RETRY_MIN_MS, random.fraction);
    return clock.monotonicMs() + delayMs;
  }

  /** The token of a contact link is shown once. */
  async #noteGreeting(contact: Contact, { controls }: TakenControls): Promise<void> {
    const hasShown = controls.some(
      ({ body }) => body.type === 'hello' && body.invitation !== undefined,
    );
    if (hasShown) await this.#deps.contacts.update(contact, { expected: undefined });
  }

  /**
   * It could not read what we wrote: another session, and all that waits encrypted anew (E10). Nothing of it is offered
   * sooner for that: whoever can read nothing at all would keep us busy.
   */
  recover(contact: Contact): void {
    this.#deps.attempts.troubled(contact);
    this.#deps.outbox.unseal(contact);
  }

  #sort(
    contact: Contact,
    offered: readonly Waiting[],
    accepted: readonly boolean[],
  ): DeliveryOutcome {
    const delivered = offered.filter((_, index) => accepted[index] === true);
    const refused = offered.filter((_, index) => accepted[index] !== true);
    if (contact.encryption === 'dr1') this.#deps.outbox.accepted(contact, delivered);
    else if (delivered.length > 0) this.#deps.outbox.delivered(contact, delivered, '');
    if (refused.length > 0) this.#deps.outbox.refused(contact, refused);
    return refused.length === offered.length && offered.length > 0 ? 'refused' : 'ok';
  }
}

/** Both are in the order of the journal, and every message is among those that are offered. */
function pairUp(
  offered: readonly Waiting[],
  messages: readonly StoredMessage[],
): readonly Offered[] {
  const byPlace = new Map(messages.map((message) => [message.s, message]));
  return offered.flatMap((waiting) => {
    const message = byPlace.get(waiting.s);
    return message === undefined ? [] : [{ waiting, message }];
  });
}
