/** The library as others get it: what the package names is there, and loads without anything else. */
import { readFileSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname, posix, relative, resolve } from 'node:path';
import test from 'ava';
import * as v from 'valibot';
import { decode } from '../../daemon/wire/check.ts';

const IMPORT = /(?:^|[\s;}])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;
const Package = v.object({
  exports: v.object({
    './client': v.object({ types: v.string(), node: v.string(), default: v.string() }),
  }),
  files: v.array(v.string()),
});

const { exports, files } = decode(Package, readFileSync('package.json', 'utf8'));
const entries = exports['./client'];

/** A built file, and all that it loads: files by their path, packages by their name. */
async function loadedBy(path: string, loaded = new Set<string>()): Promise<ReadonlySet<string>> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  if (!path.startsWith('build/')) return loaded;
  for (const [, name = ''] of (await readFile(path, 'utf8')).matchAll(IMPORT)) {
    const isOurs = name.startsWith('.');
    await loadedBy(isOurs ? relative('.', resolve(dirname(path), name)) : name, loaded);
  }
  return loaded;
}

function isPacked(path: string): boolean {
  return files.some((folder) => path.startsWith(`${folder}/`));
}

test('in a browser the library loads itself and nothing else', async (t) => {
  const loaded = [...(await loadedBy(posix.normalize(entries.default)))];

  t.true(loaded.length > 10);
  t.deepEqual(
    loaded.filter((path) => !isPacked(path)),
    [],
  );
});

test('in Node it needs ws besides', async (t) => {
  const loaded = [...(await loadedBy(posix.normalize(entries.node)))];

  t.deepEqual(
    loaded.filter((path) => !isPacked(path)),
    ['ws'],
  );
  await t.notThrowsAsync(access(entries.types));
});

test('both entries give the same', async (t) => {
  const [browser, node] = await Promise.all(
    [entries.default, entries.node].map(async (path) => Object.keys(await load(path)).sort()),
  );

  t.deepEqual(node, browser);
});

async function load(path: string): Promise<object> {
  const loaded: unknown = await import(resolve(path));
  return typeof loaded === 'object' && loaded !== null ? loaded : {};
}
