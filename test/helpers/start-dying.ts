import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('dying-child.js', import.meta.url));

/**
 * Lets a process do something and kills it at its nth call that changes the disk.
 *
 * @param words As `dying-child.ts` says, without n.
 * @returns     Whether it came so far.
 */
export async function dieAt(nth: number, words: readonly string[]): Promise<boolean> {
  const child = fork(CHILD, [String(nth), ...words], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal === 'SIGKILL';
}
