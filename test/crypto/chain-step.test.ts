import { createHmac, hash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { CHAIN_KEY_BYTES, stepChain } from '../../daemon/crypto/chain-step.ts';
import {
  BLOCK_WORDS,
  compress,
  createSchedule,
  INITIAL_STATE,
} from '../../daemon/crypto/sha256-block.ts';
import { toHex } from './vectors.ts';

const chainKey = fc.uint8Array({ minLength: CHAIN_KEY_BYTES, maxLength: CHAIN_KEY_BYTES });

function hmacOf(key: Uint8Array, byte: number): string {
  return createHmac('sha256', key).update(Uint8Array.of(byte)).digest('hex');
}

/** SHA-256 of blocks that already end as FIPS 180-4 wants, given as hexadecimal digits. */
function hashBlocks(digits: string): string {
  const state = Int32Array.from(INITIAL_STATE);
  const schedule = createSchedule();
  const words = (digits.match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16));
  for (let start = 0; start < words.length; start += BLOCK_WORDS) {
    schedule.set(words.slice(start, start + BLOCK_WORDS));
    compress(state, schedule);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

test('a step of a chain is two HMACs of one byte each', (t) => {
  const isSame = fc.property(chainKey, (key) => {
    const { messageKey, nextKey } = stepChain(key);

    return toHex(messageKey) === hmacOf(key, 1) && toHex(nextKey) === hmacOf(key, 2);
  });

  t.notThrows(() => fc.assert(isSame, { numRuns: 2000 }));
});

test('steps one after another share nothing but the chain key', (t) => {
  const first = stepChain(new Uint8Array(CHAIN_KEY_BYTES).fill(7));
  const kept = toHex(first.messageKey);

  const second = stepChain(first.nextKey);

  t.is(toHex(first.messageKey), kept);
  t.is(toHex(second.messageKey), hmacOf(first.nextKey, 1));
});

test('the block function makes the digests of the standard', (t) => {
  // FIPS 180-4 examples: "abc", one block; and the two blocks of 56 characters.
  const abc = `61626380${'0'.repeat(118)}18`;
  const text = 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq';
  const long = `${Buffer.from(text).toString('hex')}80${'0'.repeat(139)}1c0`;

  t.is(hashBlocks(abc), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  t.is(hashBlocks(long), hash('sha256', text));
  t.is(hashBlocks(long), '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1');
});
