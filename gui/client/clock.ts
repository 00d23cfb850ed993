/** Time and randomness as a client sees them; injected, so that tests need no waiting. */
export type Clock = Readonly<{
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Calls `run` once after `delayMs`; the function returned calls it off. */
  after: (delayMs: number, run: () => void) => () => void;
  /** A number in [0, 1). */
  fraction: () => number;
}>;

/** That of the machine. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  fraction: () => Math.random(),
};

/**
 * A random UUID (version 4). `crypto.randomUUID` is missing where a page came over plain HTTP from another
 * computer, so the bytes are drawn by hand.
 */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    const marked = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
