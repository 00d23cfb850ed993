/**
 * Loaded into a daemon before anything else (`--import`), so that a campaign can see how much memory it needs: on SIGUSR2
 * it collects its garbage, as V8 would sooner or later, and says what is left.
 */
import { Session } from 'node:inspector/promises';
import { setTimeout } from 'node:timers/promises';
import { getHeapCodeStatistics, getHeapStatistics } from 'node:v8';
import { encodeTidyMemory, type TidyMemory } from './tidy-line.ts';

/** What a collection finds to be garbage, other threads sweep up. */
const SWEEPING_MS = 200;

/** Stays open: what it was asked for is forgotten when it ends. */
let session: Session | undefined;

process.on('SIGUSR2', () => {
  void tidy().then((memory) => process.stderr.write(encodeTidyMemory(memory)));
});

/** Collects once more at the end, since meanwhile new garbage has come. */
async function tidy(): Promise<TidyMemory> {
  await collectGarbage();
  await setTimeout(SWEEPING_MS);
  await collectGarbage();
  return lookAtMemory();
}

/** The debugger's way; in contrast to `gc()` it gives back the room for new objects, which is 30 MiB or none as V8 likes. */
async function collectGarbage(): Promise<void> {
  if (session === undefined) {
    session = new Session();
    session.connect();
  }
  await session.post('HeapProfiler.collectGarbage');
}

function lookAtMemory(): TidyMemory {
  const { rss: resident, heapUsed, arrayBuffers: buffers } = process.memoryUsage();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  const native = resident - getHeapStatistics().total_physical_size;
  return { resident, native, objects: heapUsed - codeBytes, buffers };
}
