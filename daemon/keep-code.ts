/**
 * The last step of a build: starts the daemon once, so that it keeps what V8 makes of its code (bundle.ts). Where that
 * is not possible it starts more slowly, and does all else.
 *
 * Without arguments it starts itself in a process of its own, with those of the daemon.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openBundle } from './bundle.ts';

const PATIENCE_MS = 30_000;

async function startAndStop(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'vestnik-build-'));
  const words = ['start', '--data', data, '--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0'];
  const daemon = spawn(
    process.execPath,
    ['--disable-proto=delete', import.meta.filename, ...words],
    {
      env: withoutSettings(process.env),
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    },
  );
  const closed = once(daemon, 'close');
  for await (const line of createInterface({ input: daemon.stdout })) {
    if (line === 'ready') daemon.kill('SIGTERM');
  }
  const [exitCode] = (await closed) as [number | null];
  if (exitCode !== 0) {
    process.stderr.write('The daemon could not be tried, and will start more slowly.\n');
  }
  await rm(data, { recursive: true, force: true });
}

/** Settings of the owner's daemon, which may be running, are not for this one. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOther = ([name]: readonly [string, unknown]): boolean =>
    name !== 'DEBUG' && !name.startsWith('VESTNIK_');
  return Object.fromEntries(Object.entries(environment).filter(isOther));
}

async function runAndKeep(words: readonly string[]): Promise<void> {
  const bundle = openBundle();
  const { run } = bundle.load('program.js') as typeof import('./cli/program.ts');
  process.exitCode = await run(words);
  bundle.keepCode();
}

const words = process.argv.slice(2);
await (words.length === 0 ? startAndStop() : runAndKeep(words));
