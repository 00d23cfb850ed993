import { plainMessageId } from '../crypto/digest.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Channels } from '../domain/channels.ts';
import type { Controls, TakenControls } from '../domain/controls.ts';
import type { Envelopes } from '../domain/envelopes.ts';
import type { Contact, ContactNumber, DeliveryOutcome } from '../domain/model.ts';
import type { Outbox } from '../domain/outbox.ts';
import { noRelays, type AskedRelays, type Waiting } from '../domain/waiting.ts';
import type { Clock, MessageStore, OwnAddresses, Random } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import { FormerAcknowledgements } from '../domain/former-acknowledgements.ts';
import { chooseRelays, hasRefusedLately } from '../domain/relay-choice.ts';
import type { SessionAttempts } from '../domain/session-attempts.ts';
import { encodeHs1, encodeRelayedHandshake } from '../wire/e2e.ts';
import type { Address } from '../wire/address.ts';
import type { OutgoingMessage } from '../wire/peer.ts';
import type { ContactLane } from './contact-lane.ts';
import type { PeerCalls } from './peer-calls.ts';

/** Messages that are looked at in one round; a relay would not take more anyway (E15). */
const ROUND_MAX_MESSAGES = 500;

/** Nobody has it and nobody was asked: acknowledgements may go past the same friend again and again. */
const NOBODY = noRelays();

/** The lane in which a relay is asked. */
export type LaneOf = (contact: Contact) => Pick<ContactLane, 'addErrand'>;

type Dependencies = Readonly<{
  contacts: Contacts;
  outbox: Outbox;
  messages: Pick<MessageStore, 'timeline' | 'page'>;
  presence: PresenceBook;
  channels: Channels;
  attempts: SessionAttempts;
  controls: Controls;
  envelopes: Envelopes;
  calls: PeerCalls;
  own: OwnAddresses;
  clock: Clock;
  random: Random;
}>;

/** Asks friends to carry what waits for a contact that is away. Source: docs/peer-protocol.md#resend. */
export class RelayRounds {
  readonly #deps: Dependencies;
  readonly #former: FormerAcknowledgements;
  /** Contacts for which a round is under way. */
  readonly #rounds = new Map<ContactNumber, { isWantedAgain: boolean }>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#former = new FormerAcknowledgements(deps);
  }

  /**
   * Gives relays what waits for a contact, as far as the owner allows it (E19) and somebody is there. One round for a
   * contact at a time, so that none chooses relays for a message for which another is about to choose; whoever comes
   * during one need not wait for the next.
   *
   * @throws {StorageError} Nobody was asked to carry the rest.
   */
  async plan({ number }: Contact, laneOf: LaneOf): Promise<void> {
    const underWay = this.#rounds.get(number);
    if (underWay !== undefined) {
      underWay.isWantedAgain = true;
      return;
    }
    const round = { isWantedAgain: true };
    this.#rounds.set(number, round);
    try {
      while (round.isWantedAgain) {
        round.isWantedAgain = false;
        await this.#planRound(number, laneOf);
      }
    } finally {
      this.#rounds.delete(number);
    }
  }

  async #planRound(number: ContactNumber, laneOf: LaneOf): Promise<void> {
    const contact = this.#deps.contacts.byNumber(number);
    if (contact === undefined || !this.#mayPlan(contact) || !this.#hasRelays()) return;
    if (contact.encryption === 'dr1') {
      await this.#former.owe(contact);
      const isOpen = await this.#meetPastFriends(contact);
      await this.#planControls(contact, laneOf);
      if (!isOpen) return;
    }
    for (const waiting of firstOf(this.#deps.outbox.waitingFor(contact), ROUND_MAX_MESSAGES)) {
      await this.#planOne(contact, waiting, laneOf);
    }
  }

  /** What is sealed any friend may carry; what is plain a relay could read, so the owner must have allowed that. */
  #mayPlan({ state, encryption, candidate, relayPlain, isBlocked }: Contact): boolean {
    if (state !== 'established' || isBlocked) return false;
    return encryption === 'dr1' ? candidate === undefined : encryption === 'plain' && relayPlain;
  }

  /** Starts a session past a friend, where there is none and something waits, or theirs can't be read (E11). */
  async #meetPastFriends(contact: Contact): Promise<boolean> {
    const { channels, attempts, controls, outbox, clock } = this.#deps;
    const dueMs = attempts.dueMs(contact);
    const isWanted = outbox.has(contact) || attempts.isTroubled(contact);
    if (dueMs === undefined || !isWanted || clock.monotonicMs() < dueMs) {
      return channels.isOpen(contact);
    }
    const hs1 = await attempts.beginRelayed(contact);
    if (hs1 !== undefined) {
      const message = encodeRelayedHandshake(encodeHs1(hs1));
      controls.handshake(contact, { enctype: 'hs1', message });
    }
    return channels.isOpen(contact);
  }

  /** Gives relays what is owed to a contact: acknowledgements above all, without which its sender never rests. */
  async #planControls(contact: Contact, laneOf: LaneOf): Promise<void> {
    const { controls } = this.#deps;
    const dueMs = controls.dueMs(contact);
    if (dueMs === undefined) return;
    const relays = this.#choose(contact, NOBODY);
    if (relays.length === 0) return;
    const taken = controls.take(contact);
    let outgoing: readonly OutgoingMessage[] = [];
    try {
      outgoing = await this.#wrapControls(contact, taken);
    } finally {
      if (outgoing.length === 0) taken.putBack();
    }
    if (outgoing.length === 0) return;
    let left = relays.length;
    let isTaken = false;
    const settle = (outcome: DeliveryOutcome | undefined): void => {
      left -= 1;
      isTaken ||= outcome === 'ok';
      if (left === 0 && !isTaken) taken.putBack();
    };
    for (const relay of relays) {
      const isAdded = laneOf(relay).addErrand({
        run: async (current) => {
          const outcome = await this.#resendAll(current, outgoing);
          settle(outcome);
          return outcome;
        },
        giveUp: () => settle(undefined),
      });
      if (!isAdded) settle(undefined);
    }
  }

  async #wrapControls(
    contact: Contact,
    { controls, handshakes }: TakenControls,
  ): Promise<readonly OutgoingMessage[]> {
    const { envelopes, channels } = this.#deps;
    const wrapped = channels.isOpen(contact)
      ? await envelopes.wrap(contact, { controls })
      : undefined;
    const past = handshakes.map((one) => envelopes.handshake(contact, one));
    return [...past, ...(wrapped?.controls ?? [])];
  }

  async #resendAll(relay: Contact, outgoing: readonly OutgoingMessage[]): Promise<DeliveryOutcome> {
    for (const message of outgoing) {
      const from = this.#senderFor(relay, message);
      const outcome = await this.#deps.calls.resend(relay, { ...message, from });
      if (outcome !== 'ok') return outcome;
    }
    return 'ok';
  }

  /**
   * From whom an envelope is. A relay takes only what comes from the address by which it knows us now, which is another
   * on another network or after a move; what is sealed is ours whatever it says (E18).
   */
  #senderFor(
    relay: Contact,
    { from, enctype }: Pick<OutgoingMessage, 'from' | 'enctype'>,
  ): Address {
    return enctype === '' ? from : this.#deps.own.toldTo(relay.address);
  }

  #choose(recipient: Contact, relays: AskedRelays): readonly Contact[] {
    const { contacts, presence, clock, random } = this.#deps;
    return chooseRelays({
      relays,
      recipient,
      contacts: contacts.list(),
      isOnline: (one) => presence.isOnline(one),
      nowMs: clock.nowMs(),
      random,
    });
  }

  #hasRelays(): boolean {
    const { contacts, presence } = this.#deps;
    return contacts.list().some((contact) => contact.canResend && presence.isOnline(contact));
  }

  async #planOne(contact: Contact, waiting: Waiting, laneOf: LaneOf): Promise<void> {
    waiting.relays ??= await this.#relaysOf(waiting.s);
    for (const relay of this.#choose(contact, waiting.relays)) {
      const { asked, underWay } = waiting.relays;
      const isAdded = laneOf(relay).addErrand({
        run: (current) =>
          this.#ask(contact, waiting, current).finally(() => underWay.delete(relay.number)),
        giveUp: () => {
          asked.delete(relay.number);
          underWay.delete(relay.number);
        },
      });
      if (!isAdded) continue;
      asked.add(relay.number);
      underWay.add(relay.number);
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
    const outgoing = await this.#wrap(recipient, waiting);
    if (outgoing === undefined) return undefined;
    const from = this.#senderFor(relay, outgoing);
    const outcome = await calls.resend(relay, { ...outgoing, from });
    if (outcome === 'ok') {
      const envelope = plainMessageId({ ...outgoing, from });
      // It was taken back, or has arrived, while the relay took it.
      if (!outbox.waits(recipient, waiting.s)) return calls.withdraw(relay, [envelope]);
      await outbox.relayed(recipient, waiting, { relay, enctype: outgoing.enctype, envelope });
      return outcome;
    }
    outbox.noteAttempt(recipient, [waiting], outcome, relay);
    if (outcome === 'refused') await contacts.update(relay, { relayRefusedAt: clock.nowMs() });
    else waiting.relays?.asked.delete(relay.number);
    return outcome;
  }

  /** The envelope of a message; `undefined` when it can't be read, or nobody but its recipient may read it. */
  async #wrap(before: Contact, waiting: Waiting): Promise<OutgoingMessage | undefined> {
    const { contacts, outbox, envelopes } = this.#deps;
    const recipient = contacts.byNumber(before.number);
    const [message] = await outbox.load([waiting]);
    if (recipient === undefined || message === undefined || !this.#mayPlan(recipient)) {
      return undefined;
    }
    const wrapped = await envelopes.wrap(recipient, { offered: [{ waiting, message }] });
    outbox.offered(recipient, [message]);
    return wrapped?.messages[0];
  }

  /** Who has a message or said no to it, as the journal knows: it survives a restart. */
  async #relaysOf(s: number): Promise<AskedRelays> {
    const relays = noRelays();
    const { carriers, asked } = relays;
    for (const { step, via, outcome } of await this.#deps.messages.timeline(s)) {
      const relay = via === undefined ? undefined : this.#deps.contacts.resolve(via);
      if (relay === undefined) continue;
      if (step === 'relayed') carriers.add(relay.number);
      if (step === 'relayed' || outcome === 'refused') asked.add(relay.number);
    }
    return relays;
  }
}

function firstOf<Value>(values: Iterable<Value>, count: number): readonly Value[] {
  const first: Value[] = [];
  for (const value of values) if (first.push(value) === count) break;
  return first;
}
