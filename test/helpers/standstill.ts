/** A process that stands still, as when a laptop is closed: its connections stay open, and nobody hears from it. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** State of a thread that stands still, after its name in `/proc/…/stat`; `t` when somebody watches it. */
const STOPPED = /\) [Tt] [^)]*$/;

/** Resolves when none of its threads does anything any more. */
export async function freezeProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return;
  await eventually(async () => {
    const threads = await readdir(tasks);
    const states = threads.map((thread) => readFile(join(tasks, thread, 'stat'), 'utf8'));
    return (await Promise.all(states)).every((state) => STOPPED.test(state));
  });
}

/** Lets it go on. */
export function thawProcess(pid: number): void {
  process.kill(pid, 'SIGCONT');
}
