import { plainMessageId } from '../crypto/digest.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Contact, DeliveryOutcome, StoredMessage } from '../domain/model.ts';
import type { Outbox, Waiting } from '../domain/outbox.ts';
import type { Clock, MessageStore, Random } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import { chooseRelays, hasRefusedLately } from '../domain/relay-choice.ts';
import type { ContactLane } from './contact-lane.ts';
import type { PeerCalls } from './peer-calls.ts';

/** Messages that are looked at in one round; a relay would not take more anyway (E15). */
const ROUND_MAX_MESSAGES = 500;

type LaneOf = (contact: Contact) => Pick<ContactLane, 'addErrand'>;

type Dependencies = Readonly<{
  contacts: Contacts;
  outbox: Outbox;
  messages: Pick<MessageStore, 'timeline'>;
  presence: PresenceBook;
  calls: PeerCalls;
  clock: Clock;
  random: Random;
}>;

/** Asks friends to carry what waits for a contact that is away. Source: docs/peer-protocol.md#resend. */
export class RelayRounds {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Gives relays what waits for a contact, as far as the owner allows it (E19) and somebody is there. */
  async plan(recipient: Contact, laneOf: LaneOf): Promise<void> {
    const contact = this.#deps.contacts.byNumber(recipient.number);
    // All messages are plain so far: a relay could read them, so the owner must have allowed that.
    if (contact?.state !== 'established' || !contact.relayPlain || contact.isBlocked) return;
    if (!this.#hasRelays()) return;
    let count = 0;
    for (const waiting of [...this.#deps.outbox.waitingFor(contact)]) {
      if ((count += 1) > ROUND_MAX_MESSAGES) return;
      await this.#planOne(contact, waiting, laneOf);
    }
  }

  /** Asks the relays that have a message to drop it, where they can be reached. */
  async withdraw(
    message: StoredMessage,
    waiting: Waiting | undefined,
    laneOf: LaneOf,
  ): Promise<void> {
    const carriers = waiting?.relays?.carriers ?? (await this.#relaysOf(message.s)).carriers;
    const id = plainMessageId({ ...message, message: message.text });
    for (const number of carriers) {
      const relay = this.#deps.contacts.byNumber(number);
      if (relay === undefined) continue;
      laneOf(relay).addErrand({
        run: (contact) => this.#deps.calls.withdraw(contact, [id]),
        // It keeps the envelope until it expires; the recipient may still get it. The GUI says so.
        giveUp: () => undefined,
      });
    }
  }

  #hasRelays(): boolean {
    const { contacts, presence } = this.#deps;
    return contacts.list().some((contact) => contact.canResend && presence.isOnline(contact));
  }

  async #planOne(contact: Contact, waiting: Waiting, laneOf: LaneOf): Promise<void> {
    const { contacts, presence, clock, random } = this.#deps;
    waiting.relays ??= await this.#relaysOf(waiting.s);
    const relays = chooseRelays({
      ...waiting.relays,
      recipient: contact,
      contacts: contacts.list(),
      isOnline: (one) => presence.isOnline(one),
      nowMs: clock.nowMs(),
      random,
    });
    for (const relay of relays) {
      const { asked } = waiting.relays;
      const isAdded = laneOf(relay).addErrand({
        run: (current) => this.#ask(contact, waiting, current),
        giveUp: () => void asked.delete(relay.number),
      });
      if (isAdded) asked.add(relay.number);
    }
  }

  /** @returns `undefined` when there is nothing to ask any more. */
  async #ask(
    recipient: Contact,
    waiting: Waiting,
    relay: Contact,
  ): Promise<DeliveryOutcome | undefined> {
    const { outbox, calls, contacts, clock } = this.#deps;
    if (!outbox.waits(recipient, waiting.s) || hasRefusedLately(relay, clock.nowMs()))
      return undefined;
    const [message] = await outbox.load([waiting]);
    if (message === undefined) return undefined;
    const { from, to, text, wireTimestamp, enctype } = message;
    const outcome = await calls.resend(relay, { from, to, message: text, wireTimestamp, enctype });
    if (outcome === 'ok') {
      await outbox.relayed(recipient, waiting, relay);
      return outcome;
    }
    outbox.noteAttempt(recipient, [waiting], outcome, relay);
    if (outcome === 'refused') await contacts.update(relay, { relayRefusedAt: clock.nowMs() });
    else waiting.relays?.asked.delete(relay.number);
    return outcome;
  }

  /** Who has a message or said no to it, as the journal knows: it survives a restart. */
  async #relaysOf(s: number): Promise<NonNullable<Waiting['relays']>> {
    const carriers = new Set<number>();
    const asked = new Set<number>();
    for (const { step, via, outcome } of await this.#deps.messages.timeline(s)) {
      const relay = via === undefined ? undefined : this.#deps.contacts.get(via);
      if (relay === undefined) continue;
      if (step === 'relayed') carriers.add(relay.number);
      if (step === 'relayed' || outcome === 'refused') asked.add(relay.number);
    }
    return { carriers, asked };
  }
}
