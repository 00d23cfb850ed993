/** Campaigns that change the network do so in a namespace of their own, which is gone with them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const INSIDE = 'SOAK_NAMESPACE';

/** Whether this process has a network of its own. */
export function isInOwnNamespace(): boolean {
  return process.env[INSIDE] === '1';
}

/**
 * Runs this program once more with a network and mounts of its own, with loopback up and nothing else.
 *
 * @param words What it is to do there.
 * @returns Its exit code.
 */
export async function runInOwnNamespace(words: readonly string[]): Promise<number> {
  const program = [process.execPath, '--enable-source-maps', process.argv[1] ?? '', ...words];
  const script = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$0" "$@"';
  const child = spawn('unshare', ['-rnm', 'sh', '-c', script, ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
