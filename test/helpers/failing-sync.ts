import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

/** Makes syncs of a process fail until `stop`. */
export interface FailingSync {
  stop(): Promise<void>;
}

/**
 * Lets system calls of a running process fail as `strace` is told.
 *
 * @param words Its arguments: which calls, which threads.
 * @returns `undefined` where there is no `strace`, or it may not look at other processes.
 */
export async function failCalls(
  pid: number,
  words: readonly string[],
): Promise<FailingSync | undefined> {
  const tracer = spawn('strace', ['-p', String(pid), ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tracer, 'exit').catch(() => undefined);
  const isAttached = await new Promise<boolean>((resolve) => {
    createInterface({ input: tracer.stderr }).on('line', (line) => {
      if (/attached/.test(line)) resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  if (!isAttached) return undefined;
  return {
    async stop() {
      tracer.kill('SIGINT');
      await ended;
    },
  };
}

/**
 * Lets the disk of a running process fail when it is to sync, as a broken one does: the system calls answer EIO.
 *
 * @param which `first`: the main thread's first sync of a file. `all`: every one, of files and folders.
 * @returns `undefined` where that can't be done.
 */
export async function failSyncs(
  t: ExecutionContext,
  pid: number,
  which: 'first' | 'all',
): Promise<FailingSync | undefined> {
  const words =
    which === 'first'
      ? ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=1']
      : ['-f', '-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO'];
  const failing = await failCalls(pid, words);
  if (failing !== undefined) t.teardown(() => failing.stop());
  return failing;
}
