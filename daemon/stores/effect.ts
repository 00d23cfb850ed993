import type { FailReason, MessageStep } from '../domain/model.ts';
import type { StateRecord } from './message-records.ts';

/** What a record does to a message that is not its own. */
export type Effect = Readonly<{
  step: MessageStep['step'] | 'remove';
  reason: FailReason | undefined;
  /** `undefined`: says nothing of it. */
  isSealed: boolean | undefined;
}>;

/** The order is part of the form of the index. */
const STEPS = [
  'attempt',
  'relayed',
  'accepted',
  'delivered',
  'read',
  'failed',
  'retry',
  'remove',
] as const satisfies readonly Effect['step'][];
const REASONS = [undefined, 'cancelled', 'expired'] as const;
const SEALED = [undefined, false, true] as const;

/** A message is deleted. */
export const REMOVAL: Effect = { step: 'remove', reason: undefined, isSealed: undefined };

export function effectOf({ st, o, e }: StateRecord): Effect {
  const reason = o === 'cancelled' || o === 'expired' ? o : undefined;
  return { step: st, reason, isSealed: e === undefined ? undefined : e !== '' };
}

/** An effect as a number of sixteen bits. */
export function encodeEffect({ step, reason, isSealed }: Effect): number {
  return STEPS.indexOf(step) | (REASONS.indexOf(reason) << 4) | (SEALED.indexOf(isSealed) << 8);
}

export function decodeEffect(code: number): Effect {
  return {
    step: STEPS[code & 0x0f] ?? 'attempt',
    reason: REASONS[(code >> 4) & 0x0f],
    isSealed: SEALED[(code >> 8) & 0x0f],
  };
}
