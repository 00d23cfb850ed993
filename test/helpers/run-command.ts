import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../daemon/main.js', import.meta.url));

/** How a command ended, as a shell sees it. */
export type CommandResult = Readonly<{ code: number | null; output: string; complaints: string }>;

/** Runs the command line in a process of its own, to its end. */
export async function runCommand(
  words: readonly string[],
  input = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'pipe', env });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.stdin.end(input);
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exited;
  return { code, output, complaints };
}
