/**
 * `npm test` once all is built: ava, and beside it the linters.
 *
 * Words after `npm test --` go to ava, and it runs what they say, each file in a process of its own. What the linters
 * say is told after the tests; each of the two can fail the run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { makeFastFolder } from './fast-folder.ts';
import { groupTests } from './group-tests.ts';

/** `ava.files` in package.json names it too: ava runs nothing that is not named there. */
const GROUPS = 'build/test-groups';

// Where programs are found by other names, a shell finds them.
const shell = process.platform === 'win32';

const linting = lint();
const words = process.argv.slice(2);
const asked = words.length > 0 ? words : await groupTests('build/test', GROUPS);
const folder = await makeFastFolder();
// Ctrl+C reaches the children, too: what they leave is removed when they have ended.
process.on('SIGINT', () => undefined);
const env = { ...process.env, ...(folder === undefined ? {} : { TMPDIR: folder }) };
const testCode = await codeOf(spawn('ava', asked, { shell, env, stdio: 'inherit' }));
// Left behind, they would have a plain `ava` run every test twice.
await rm(GROUPS, { recursive: true, force: true });
if (folder !== undefined) await rm(folder, { recursive: true, force: true });
const { code: lintCode, output } = await linting;
console.log(lintCode === 0 ? 'lint: all well' : output);
process.exitCode = testCode || lintCode;

type Linted = Readonly<{ code: number; output: string }>;

/** Lints. At a lower priority it would be left for the end, when it keeps one processor busy and none of the others. */
async function lint(): Promise<Linted> {
  const child = spawn('npm', ['run', '--silent', 'lint'], {
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
