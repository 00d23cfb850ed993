import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const CHILD = fileURLToPath(new URL('deaf-child.js', import.meta.url));
/** More than the system keeps for a listener that accepts nobody. */
const WAITING_CALLERS = 8;

/**
 * Address of a port where connecting hangs, as with a host that is gone from an overlay: its process stands still and
 * its queue is full.
 */
export async function startDeafListener(t: ExecutionContext): Promise<string> {
  const child = spawn(process.execPath, [CHILD], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  child.kill('SIGSTOP');
  const port = Number(line);
  for (let count = 0; count < WAITING_CALLERS; count++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
  }
  return `127.0.0.1:${port}`;
}
