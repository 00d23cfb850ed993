/** What a process costs the machine, as Linux tells; elsewhere nothing is known. */
import { readFile } from 'node:fs/promises';

/** Length of the kernel's tick for processor time, the same on every Linux that Node runs on. */
const TICK_MS = 10;

/** Processor time of a process since its start, in milliseconds; `NaN` where the system does not tell. */
export async function processorMs(pid: number): Promise<number> {
  // The name in brackets may hold blanks; after it come the state and twelve more before the two times.
  const [, fields = ''] = (await readProc(pid, 'stat')).split(/\) (?!.*\) )/);
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * TICK_MS;
}

/** Resident memory of a process in MiB; `NaN` where the system does not tell. */
export async function residentMiB(pid: number): Promise<number> {
  const [, kiB] = /^VmRSS:\s+(\d+) kB$/m.exec(await readProc(pid, 'status')) ?? [];
  return Number(kiB ?? NaN) / 1024;
}

async function readProc(pid: number, name: string): Promise<string> {
  return readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
}
