import test from 'ava';
import fc from 'fast-check';
import { CHAIN_KEY_BYTES } from '../../daemon/crypto/chain-step.ts';
import {
  chainAfter,
  makeSteps,
  stepOf,
  wipeSteps,
  type Chain,
} from '../../daemon/crypto/made-steps.ts';

const key = fc.uint8Array({ minLength: CHAIN_KEY_BYTES, maxLength: CHAIN_KEY_BYTES });
const start: Chain = { key: new Uint8Array(CHAIN_KEY_BYTES).fill(9), count: 5 };

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The keys of so many messages, and the chain after them. */
function take(chain: Chain, steps: number): Readonly<{ keys: readonly string[]; chain: Chain }> {
  const keys: string[] = [];
  let next = chain;
  for (let i = 0; i < steps; i++) {
    const { messageKey, nextKey } = stepOf(next);
    keys.push(hexOf(messageKey));
    next = chainAfter(next, nextKey);
  }
  return { keys, chain: next };
}

test('keys that were made in advance are those of the chain, and so are those behind them', (t) => {
  const isSame = fc.property(
    key,
    fc.integer({ min: 1, max: 9 }),
    fc.nat(20),
    (chainKey, made, taken) => {
      const chain = { key: chainKey, count: 3 };
      const now = take(chain, taken);
      const { prepared, ahead } = makeSteps(chain, made);
      const later = take(prepared, taken);

      t.deepEqual(later.keys, now.keys);
      t.deepEqual(hexOf(later.chain.key), hexOf(now.chain.key));
      t.is(later.chain.count, now.chain.count);
      t.is(later.chain.made !== undefined, taken < made);
      t.deepEqual(ahead, take(chain, made).chain);
    },
  );

  fc.assert(isSame);
});

test('keys of messages that were written are wiped, and the others stay', (t) => {
  const { prepared } = makeSteps(start, 4);
  const { keys } = take(start, 4);
  const used = take(prepared, 2);

  wipeSteps(prepared.made, used.chain.count);

  t.true(prepared.made.keys.subarray(0, 4 * CHAIN_KEY_BYTES).every((byte) => byte === 0));
  t.deepEqual(take(used.chain, 2).keys, keys.slice(2));
});

test('a state whose keys were wiped makes them anew', (t) => {
  const { prepared } = makeSteps(start, 4);
  wipeSteps(prepared.made, start.count + 4);

  t.deepEqual(take(prepared, 4).keys, take(start, 4).keys);
});
