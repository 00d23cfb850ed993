import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { StorageError } from '../../storage/errors.ts';
import { lockFolder } from '../../storage/folder-lock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const CHILD = join(import.meta.dirname, 'lock-child.js');
const inUse = { instanceOf: StorageError, code: 'folder_in_use' };

/** A process that holds the folder. @returns A function that kills it with SIGKILL. */
async function lockElsewhere(t: ExecutionContext, folder: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.teardown(kill);
  await once(child.stdout, 'data');
  return kill;
}

test('a folder that another process has is refused, and nothing in it changes', async (t) => {
  const folder = await temporaryFolder(t);
  await lockElsewhere(t, folder);
  const before = await readFile(join(folder, 'lock'), 'utf8');

  await t.throwsAsync(lockFolder(folder), inUse);

  t.is(await readFile(join(folder, 'lock'), 'utf8'), before);
  t.deepEqual(await readdir(folder), ['lock']);
});

test('a folder is free at once when its process was killed', async (t) => {
  const folder = await temporaryFolder(t);
  const kill = await lockElsewhere(t, folder);
  await kill();

  const lock = await lockFolder(folder);
  t.teardown(() => lock.release());

  t.regex(await readFile(join(folder, 'lock'), 'utf8'), new RegExp(`"pid":${process.pid}`));
});

test('a released folder can be taken again and holds no trace', async (t) => {
  const folder = await temporaryFolder(t);

  await (await lockFolder(folder)).release();
  await (await lockFolder(folder)).release();

  t.deepEqual(await readdir(folder), []);
});

test('the lock file alone protects where the socket does not reach', async (t) => {
  const folder = await temporaryFolder(t);
  const other = await temporaryFolder(t);
  await lockElsewhere(t, other);
  await writeFile(join(folder, 'lock'), await readFile(join(other, 'lock')));

  await t.throwsAsync(lockFolder(folder), { ...inUse, message: /process \d+/ });
});

const stale = [
  { what: 'of another boot', text: JSON.stringify({ pid: 1, boot: 'other', started: '1' }) },
  {
    what: 'whose pid belongs to another process now',
    text: JSON.stringify({ pid: process.pid, boot: 'x', started: '0' }),
  },
  { what: 'torn by a crash', text: '{"pid": 1' },
  { what: 'of another form', text: '{"pid": "1"}' },
];

for (const { what, text } of stale) {
  test(`a lock file ${what} does not count`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'lock'), text);

    const lock = await lockFolder(folder);

    t.teardown(() => lock.release());
    t.regex(await readFile(join(folder, 'lock'), 'utf8'), new RegExp(`"pid":${process.pid}`));
  });
}
