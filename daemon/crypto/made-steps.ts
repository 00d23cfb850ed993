/**
 * Steps of a chain that were taken in advance: keys that are given away on the disk before they are used are made then,
 * and not once more when a message wants them.
 */
import { CHAIN_KEY_BYTES, stepChain, type ChainStep } from './chain-step.ts';

/** Bytes of a step: the key of its message, and the chain key after it. */
const STEP_BYTES = 2 * CHAIN_KEY_BYTES;

/** One step after another, from message number `first` on. Those that were used are zeros. */
export type MadeSteps = Readonly<{ first: number; keys: Uint8Array }>;

/** A chain: the key of its next message, and how many it has had. `made`: steps that were taken in advance. */
export type Chain = Readonly<{ key: Uint8Array; count: number; made?: MadeSteps }>;

/** Takes so many steps of a chain. @returns The chain with these steps, and as it is behind them. */
export function makeSteps(
  { key, count }: Chain,
  steps: number,
): Readonly<{ prepared: Chain & Readonly<{ made: MadeSteps }>; ahead: Chain }> {
  const keys = new Uint8Array(steps * STEP_BYTES);
  let last = key;
  for (let at = 0; at < keys.length; at += STEP_BYTES) {
    const { messageKey, nextKey } = stepChain(last);
    keys.set(messageKey, at);
    keys.set(nextKey, at + CHAIN_KEY_BYTES);
    last = nextKey;
  }
  return {
    prepared: { key, count, made: { first: count, keys } },
    ahead: { key: last, count: count + steps },
  };
}

/** The next step of a chain, made in advance or now. */
export function stepOf({ key, count, made }: Chain): ChainStep {
  if (made === undefined) return stepChain(key);
  const at = (count - made.first) * STEP_BYTES;
  const messageKey = made.keys.slice(at, at + CHAIN_KEY_BYTES);
  // Used before, by a later state than this one: its keys are gone, and made anew from the chain's own.
  if (isWiped(messageKey)) return stepChain(key);
  return { messageKey, nextKey: made.keys.slice(at + CHAIN_KEY_BYTES, at + STEP_BYTES) };
}

function isWiped(key: Uint8Array): boolean {
  let seen = 0;
  for (let i = 0; i < CHAIN_KEY_BYTES; i++) seen |= key[i] ?? 0;
  return seen === 0;
}

/** The chain behind its next step. */
export function chainAfter({ count, made }: Chain, nextKey: Uint8Array): Chain {
  const next = count + 1;
  const isLeft = made !== undefined && (next - made.first) * STEP_BYTES < made.keys.length;
  return isLeft ? { key: nextKey, count: next, made } : { key: nextKey, count: next };
}

/** Forgets the steps before message number `count`: what they encrypted, nobody shall read with what is in memory. */
export function wipeSteps({ first, keys }: MadeSteps, count: number): void {
  keys.fill(0, 0, Math.max(0, count - first) * STEP_BYTES);
}
