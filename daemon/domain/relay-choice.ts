import type { Contact } from './model.ts';
import type { Random } from './ports.ts';
import type { AskedRelays } from './waiting.ts';

/** Relays that a message is given to. Source: docs/peer-protocol.md#resend. */
export const RELAYS_PER_MESSAGE = 3;
/** A relay that was not willing is left alone this long. */
export const RELAY_REFUSAL_MS = 86_400_000;

type Choice = Readonly<{
  recipient: Contact;
  contacts: readonly Contact[];
  isOnline: (contact: Contact) => boolean;
  relays: AskedRelays;
  nowMs: number;
  random: Random;
}>;

/**
 * Picks relays for one message: contacts that the owner allowed, that are there, and that were not asked yet; at
 * random, so that nobody carries everything.
 */
export function chooseRelays(choice: Choice): readonly Contact[] {
  const { recipient, contacts, isOnline, relays, nowMs, random } = choice;
  const wanted = RELAYS_PER_MESSAGE - relays.carriers.size - relays.underWay.size;
  if (wanted <= 0) return [];
  const willing = contacts.filter(
    (contact) =>
      contact.canResend &&
      contact.state === 'established' &&
      contact.key !== undefined &&
      !contact.isBlocked &&
      contact.number !== recipient.number &&
      !relays.asked.has(contact.number) &&
      !hasRefusedLately(contact, nowMs) &&
      isOnline(contact),
  );
  return shuffled(willing, random).slice(0, wanted);
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
