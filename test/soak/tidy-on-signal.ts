/**
 * Loaded into a daemon before anything else (`--expose-gc --import`), so that a campaign can see how much memory it needs:
 * on SIGUSR2 it collects its garbage, as V8 would sooner or later, and says what is left.
 */
import { setTimeout } from 'node:timers/promises';
import { getHeapCodeStatistics, getHeapStatistics } from 'node:v8';
import { encodeTidyMemory, type TidyMemory } from './tidy-line.ts';

/** What a collection finds to be garbage, other threads sweep up. */
const SWEEPING_MS = 200;

process.on('SIGUSR2', () => {
  void tidy().then((memory) => process.stderr.write(encodeTidyMemory(memory)));
});

/** Collects once more at the end, since meanwhile new garbage has come. */
async function tidy(): Promise<TidyMemory> {
  collectGarbage();
  await setTimeout(SWEEPING_MS);
  collectGarbage();
  return lookAtMemory();
}

/** The debugger's way to say it (`HeapProfiler.collectGarbage`) puts it off, and forgets it when the session ends. */
function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('started without --expose-gc');
  globalThis.gc();
}

function lookAtMemory(): TidyMemory {
  const { rss: resident, heapUsed, arrayBuffers: buffers } = process.memoryUsage();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  const native = resident - getHeapStatistics().total_physical_size;
  return { resident, native, objects: heapUsed - codeBytes, buffers };
}
