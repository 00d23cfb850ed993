import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Bundle, openBundle } from '../../daemon/bundle.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const FILES: Readonly<Record<string, string>> = {
  'program.js': `const { two } = require('./part.js');
    exports.three = two + 1;
    exports.fs = require('node:fs');`,
  'part.js': `exports.two = 2; exports.program = require('./program.js');`,
};

type Program = Readonly<{ three: number; fs: object }>;

async function makeFiles(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, source] of Object.entries(FILES)) await writeFile(join(folder, name), source);
  return folder;
}

function loadFrom(t: ExecutionContext, folder: string): Bundle {
  const bundle = new Bundle(folder);
  const program = bundle.load('program.js') as Program;

  t.is(program.three, 3);
  t.is(typeof program.fs, 'object');
  t.is(bundle.load('program.js'), program);
  return bundle;
}

async function codeIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.code')).map((name) => join(folder, name));
}

test('a bundle is loaded with its code and without', async (t) => {
  const folder = await makeFiles(t);
  const bundle = loadFrom(t, folder);
  t.deepEqual(await codeIn(folder), []);

  bundle.keepCode();

  t.is((await codeIn(folder)).length, 2);
  loadFrom(t, folder);
});

test('code that is damaged, cut off or somebody else’s is as good as none', async (t) => {
  const folder = await makeFiles(t);
  loadFrom(t, folder).keepCode();
  const paths = await codeIn(folder);
  const whole = await Promise.all(paths.map((path) => readFile(path)));

  for (const path of paths) {
    const bytes = Buffer.from(await readFile(path));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
  loadFrom(t, folder);
  for (const length of [100, 3, 0]) {
    for (const path of paths) await truncate(path, length);
    loadFrom(t, folder);
  }
  // Whole, but of other files.
  for (const [index, path] of paths.entries()) {
    await writeFile(path, whole[(index + 1) % whole.length] ?? '');
  }
  loadFrom(t, folder);
});

test('the build has kept the code of the daemon, none of which imports anything later', async (t) => {
  const folder = join(import.meta.dirname, '../../bin');
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.js'))) {
    t.notRegex(await readFile(join(folder, name), 'utf8'), /\bimport\(/, name);
  }
  const kept = (await codeIn(folder)).map((path) => path.replace(/^.*\/|-.*$/g, ''));

  t.true(kept.includes('daemon'), kept.join(' '));
  t.is(typeof (openBundle().load('program.js') as { run?: unknown }).run, 'function');
});
