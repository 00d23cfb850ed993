import type { Contact } from './model.ts';
import type { Random } from './ports.ts';

/** Relays that a message is given to. Source: docs/peer-protocol.md#resend. */
export const RELAYS_PER_MESSAGE = 3;
/** A relay that was not willing is left alone this long. */
export const RELAY_REFUSAL_MS = 86_400_000;

type Choice = Readonly<{
  recipient: Contact;
  contacts: readonly Contact[];
  isOnline: (contact: Contact) => boolean;
  /** Relays that have the message or were asked before. */
  carriers: ReadonlySet<number>;
  asked: ReadonlySet<number>;
  nowMs: number;
  random: Random;
}>;

/**
 * Picks relays for one message: contacts that the owner allowed, that are there, and that were not asked yet; at
 * random, so that nobody carries everything.
 */
export function chooseRelays(choice: Choice): readonly Contact[] {
  const { recipient, contacts, isOnline, carriers, asked, nowMs, random } = choice;
  const willing = contacts.filter(
    (contact) =>
      contact.canResend &&
      contact.state === 'established' &&
      contact.key !== undefined &&
      !contact.isBlocked &&
      contact.number !== recipient.number &&
      !asked.has(contact.number) &&
      !hasRefusedLately(contact, nowMs) &&
      isOnline(contact),
  );
  return shuffled(willing, random).slice(0, Math.max(0, RELAYS_PER_MESSAGE - carriers.size));
}

/** Whether a relay said within the last day that it is not willing. A clock that was set back does not make a refusal last longer than a day. */
export function hasRefusedLately({ relayRefusedAt }: Contact, nowMs: number): boolean {
  return relayRefusedAt !== undefined && Math.abs(nowMs - relayRefusedAt) < RELAY_REFUSAL_MS;
}

function shuffled<Value>(values: readonly Value[], random: Random): readonly Value[] {
  return values
    .map((value) => ({ value, order: random.fraction() }))
    .sort((one, other) => one.order - other.order)
    .map(({ value }) => value);
}
