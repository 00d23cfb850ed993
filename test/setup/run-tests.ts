/**
 * `npm test` once all is built: ava, and beside it, on what processor time it leaves, the linters.
 *
 * Words after `npm test --` go to ava. What the linters say is told after the tests; each of the two can fail the run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';

// Where programs are found by other names, a shell finds them.
const shell = process.platform === 'win32';

const linting = lint();
const testCode = await codeOf(spawn('ava', process.argv.slice(2), { shell, stdio: 'inherit' }));
const { code: lintCode, output } = await linting;
console.log(lintCode === 0 ? 'lint: all well' : output);
process.exitCode = testCode || lintCode;

type Linted = Readonly<{ code: number; output: string }>;

/** Lints, and leaves the processor to the tests wherever they want it. */
async function lint(): Promise<Linted> {
  const child = spawn('npm', ['run', '--silent', 'lint'], {
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Its own children take after it.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const [code, ...said] = await Promise.all([
    codeOf(child),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output: said.join('') };
}

/** Exit code of a program; 1 if a signal ended it. */
async function codeOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
