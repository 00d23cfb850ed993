/** What the system tells of processes. */
import { readdir, readFile } from 'node:fs/promises';

type Process = Readonly<{ pid: number }>;

/** Resident memory of several processes together, in MiB. */
export async function memoryOf(processes: readonly Process[]): Promise<number> {
  const sizes = await Promise.all(
    processes.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Open files of several processes together, sockets among them. */
export async function openFilesOf(processes: readonly Process[]): Promise<number> {
  const names = await Promise.all(processes.map(({ pid }) => readdir(`/proc/${pid}/fd`)));
  return names.flat().length;
}

/** Processor time that a process has used, in milliseconds; `undefined` where the system does not tell. */
export async function processorMsOf({ pid }: Process): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in brackets, may have blanks; user and system time are the twelfth and thirteenth after it.
  const [user, system] = stat?.split(') ').at(-1)?.split(' ').slice(11, 13) ?? [];
  return user === undefined ? undefined : (Number(user) + Number(system)) * MS_PER_TICK;
}

/** Unit of `/proc`, the same on every Linux. */
const MS_PER_TICK = 10;
