/** Does something that may fail on a broken disk, where nothing that counts depends on it, or its failure was told before. */
export function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // Whoever calls says why that is all right.
  }
}
