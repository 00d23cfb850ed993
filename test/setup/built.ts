/**
 * Whether what is built comes from the sources as they are: `npm install` has built them just before `npm test` or
 * `npm start` is typed. With the word `note` the end of a build says what it was made from, and what it made; without, the
 * exit code is 0 if both are still so.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const NOTE = 'build/built-from';
const SOURCES = ['bench', 'daemon', 'gui', 'storage', 'test'];
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json'];
/** Tests and benches put other things into `build`. */
const BUILT = [...SOURCES, 'bin', 'gui-dist', 'debugger-dist'].map((name) => join('build', name));

async function filesIn(folders: readonly string[]): Promise<readonly string[]> {
  const inside = folders.map(async (folder) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => join(parentPath, name));
  });
  return (await Promise.all(inside)).flat().sort();
}

async function describe(): Promise<string> {
  const digest = createHash('sha256').update(process.version);
  for (const path of [...SETTINGS, ...(await filesIn(SOURCES))]) {
    const content = createHash('sha256').update(await readFile(path));
    digest.update(`\n${path} ${content.digest('hex')}`);
  }
  // Somebody may have built a part anew, from sources that were other ones then.
  for (const path of await filesIn(BUILT)) {
    const { size, mtimeMs } = await stat(path);
    digest.update(`\n${path} ${size} ${mtimeMs}`);
  }
  return digest.digest('hex');
}

if (process.argv[2] === 'note') await writeFile(NOTE, await describe());
else {
  const noted = await readFile(NOTE, 'utf8').catch(() => '');
  process.exitCode = noted === (await describe()) ? 0 : 1;
}
