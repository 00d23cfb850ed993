/**
 * Loaded into a daemon before anything else (`--import`), so that a campaign can see how much memory it needs: on SIGUSR2
 * it collects its garbage, as V8 would sooner or later, and says what is left.
 */
import { Session } from 'node:inspector';
import { encodeTidyMemory } from './tidy-line.ts';

process.on('SIGUSR2', () => {
  const session = new Session();
  session.connect();
  // Done when the call returns. From within its callback the session could not be ended: Node would wait for itself.
  session.post('HeapProfiler.collectGarbage');
  session.disconnect();
  const { rss, heapUsed } = process.memoryUsage();
  process.stderr.write(encodeTidyMemory({ residentBytes: rss, heapBytes: heapUsed }));
});
