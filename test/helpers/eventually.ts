/** How often a state that announces nothing is looked at. */
const LOOK_MS = 20;
const TIMEOUT_MS = 15_000;

/**
 * Waits until `look` answers something other than `undefined` and `false`, and gives it back. What it throws counts as
 * not yet, and is told if it lasts.
 */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<Exclude<Value, undefined | false>> {
  const endMs = performance.now() + timeoutMs;
  let last: unknown = 'nothing';
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value as Exclude<Value, undefined | false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) {
      throw new Error(`waited ${timeoutMs} ms in vain`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
