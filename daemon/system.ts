import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock, Random } from './domain/ports.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Ids and nonces are made for every message; the system's generator costs as much for a block of them as for one. */
const NONCE_MAX_BYTES = 24;
const BLOCK_BYTES = 4096;
let block = Buffer.alloc(0);

/** The machine's own randomness. Secrets come straight from the system and are never kept here. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => (length > NONCE_MAX_BYTES ? randomBytes(length) : takeFromBlock(length)),
};

function takeFromBlock(length: number): Uint8Array {
  if (length > block.byteLength) block = randomBytes(BLOCK_BYTES);
  const taken = block.subarray(0, length);
  block = block.subarray(length);
  return taken;
}
