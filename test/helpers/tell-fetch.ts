/** Loaded into a daemon before anything else (`--import`): on SIGUSR2 it says whether Node's `fetch` is in its memory. */
process.on('SIGUSR2', () => {
  // Not in Node's types, and there since its beginnings.
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  const isLoaded = moduleLoadList.some((name) => name.includes('undici'));
  process.stderr.write(`fetch is ${isLoaded ? '' : 'not '}loaded\n`);
});
