/**
 * Loaded into a daemon before anything else (`--import`), so that a campaign can see how much memory it needs: on SIGUSR2
 * it collects its garbage, as V8 would sooner or later, and says what is left.
 */
import { Session } from 'node:inspector';
import { setTimeout } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';
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

function collectGarbage(): void {
  const session = new Session();
  session.connect();
  // Done when the call returns. From within its callback the session could not be ended: Node would wait for itself.
  session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}

function lookAtMemory(): TidyMemory {
  const { rss: resident, heapUsed, arrayBuffers: buffers } = process.memoryUsage();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  return { resident, objects: heapUsed - codeBytes, buffers };
}
