/** Messages and steps of their way, for stores. */
import type { MessageStep, NewMessage } from '../../daemon/domain/model.ts';
import { parseAddress } from '../../daemon/wire/address.ts';

export const alice = parseAddress('fc00::a');
export const bob = parseAddress('fc00::b');

/** A message from Alice to Bob, but for what is given. */
export function createMessage(fields: Partial<NewMessage> = {}): NewMessage {
  return {
    conversation: 1,
    id: 'id',
    direction: 'out',
    from: alice,
    to: bob,
    text: 'hello',
    wireTimestamp: '2026-03-01T12:00:00.000Z',
    timestamp: 1_772_366_400_000,
    receivedAt: 1_772_366_400_005,
    enctype: '',
    sequence: undefined,
    via: undefined,
    ...fields,
  };
}

/** The first message was delivered, but for what is given. */
export function createStep(fields: Partial<MessageStep> = {}): MessageStep {
  return {
    conversation: 1,
    messages: [1],
    at: 1_772_366_400_100,
    step: 'delivered',
    via: undefined,
    enctype: undefined,
    outcome: 'ok',
    ...fields,
  };
}
