import type { DaemonProcess } from '../test/helpers/daemon-process.ts';

const METRIC = /^vestnik_key_operations_total (\d+)$/m;

/** Public-key operations that daemons have done since they started, all together. */
export async function keyOperationsOf(daemons: readonly DaemonProcess[]): Promise<number> {
  let sum = 0;
  for (const { api } of daemons) {
    const headers = { Authorization: `Bearer ${api.token}` };
    const text = await (await fetch(`${api.url}/metrics`, { headers })).text();
    sum += Number(METRIC.exec(text)?.[1]);
  }
  return sum;
}
