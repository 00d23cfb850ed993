/** Security test row 27: what the browser is given of ours, as it is built (G4, G8). */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { readSources } from '../helpers/source-files.ts';

/** The GUI's, and the debugger's page. */
const FOLDERS = ['gui-dist', 'debugger-dist'].map((name) =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url)),
);

/** Script that a browser fetches before it shows anything, gzipped. Source: docs/decisions.md. */
const FIRST_LOAD_MAX_BYTES = 100_000;

const [GUI_FOLDER = ''] = FOLDERS;
const ASSETS = join(GUI_FOLDER, 'assets');
const STATIC_IMPORT = /\bimport(?:[^"'`();]*\bfrom)?\s*["'`]\.\/([\w.-]+\.js)["'`]/g;

/** Scripts, and all that they import before they run. */
async function withImports(names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set(names);
  for (const name of found) {
    const text = await readFile(join(ASSETS, name), 'utf8');
    for (const [, imported = ''] of text.matchAll(STATIC_IMPORT)) found.add(imported);
  }
  return found;
}

/** Gzipped, each by itself, as they travel. */
async function sizeOf(names: ReadonlySet<string>): Promise<number> {
  let size = 0;
  for (const name of names) size += gzipSync(await readFile(join(ASSETS, name))).length;
  return size;
}

async function readBundle(extension: string): Promise<readonly string[]> {
  return (await Promise.all(FOLDERS.map((folder) => readFiles(folder, extension)))).flat();
}

async function readFiles(folder: string, extension: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const wanted = names.filter((name) => name.endsWith(extension));
  return Promise.all(wanted.map((name) => readFile(join(folder, name), 'utf8')));
}

test('row 27: the page has nothing inline, and nothing from elsewhere', async (t) => {
  const pages = await readBundle('.html');

  t.is(pages.length, 2);
  for (const page of pages) {
    for (const [script] of page.matchAll(/<script\b[^>]*>/gi)) t.regex(script, / src="\//);
    t.notRegex(page, /<script\b[^>]*>[^<]*\S[^<]*<\/script>/i);
    t.notRegex(page, /<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:/i);
    t.notRegex(page, /\s(?:src|href)\s*=\s*"(?!\/(?!\/)|\.\/|#)/i);
  }
});

test('row 27: no script makes code of text', async (t) => {
  const scripts = await readBundle('.js');

  t.true(scripts.length > 0);
  const makers = [
    /\beval\s*\(|\bnew Function\b|\bFunction\s*\(\s*["'`]/,
    /\bset(?:Timeout|Interval)\s*\(\s*["'`]/,
    /document\.write|insertAdjacentHTML|createContextualFragment|DOMParser/,
    /\bimport\s*\(\s*["'`](?:https?:)?\/\//,
  ];
  for (const maker of makers)
    t.false(
      scripts.some((script) => maker.test(script)),
      maker.source,
    );
});

test('row 27: styles ask nobody for anything', async (t) => {
  for (const style of await readBundle('.css')) {
    t.notRegex(style, /@import|url\(\s*["']?(?:https?:)?\/\//i);
  }
});

test('row 27: nothing of ours puts HTML into a page', async (t) => {
  const sinks = /dangerouslySetInnerHTML|\.(?:inner|outer)HTML|insertAdjacentHTML|srcdoc/;
  const sources = [...(await readSources('gui/src')), ...(await readSources('gui/debugger/src'))];

  t.true(sources.length > 50);
  t.deepEqual(
    sources.filter(({ text }) => sinks.test(text)).map(({ path }) => path),
    [],
  );
});

test('the bundle has nothing that is for the daemon alone', async (t) => {
  const scripts = (await readBundle('.js')).join('\n');
  const foreign = ['api-token', 'identity.json', 'PRIVATE KEY', 'VESTNIK_', '`node:', '"node:'];

  t.deepEqual(
    foreign.filter((text) => scripts.includes(text)),
    [],
  );
});

test('the first load is small, in every language, whatever it opens', async (t) => {
  const names = await readdir(ASSETS);
  const startingWith = (start: string) => names.filter((name) => name.startsWith(start));
  const [page = ''] = await readFiles(GUI_FOLDER, '.html');
  const entry = /<script\b[^>]* src="\/assets\/([^"]+)"/.exec(page)?.[1] ?? '';
  const opened = [...startingWith('conversation-page-'), ...startingWith('room-page-')];
  const texts = [...startingWith('en-'), ...startingWith('ru-')];

  t.deepEqual([opened.length, texts.length], [2, 2]);
  for (const name of opened) {
    for (const words of texts) {
      const size = await sizeOf(await withImports([entry, name, words]));
      t.true(size <= FIRST_LOAD_MAX_BYTES, `${name}, ${words}: ${size}`);
    }
  }
});

test('everything that is fetched later is named in the page, so that it can be kept', async (t) => {
  const [page = ''] = await readFiles(GUI_FOLDER, '.html');
  const scripts = (await readdir(join(GUI_FOLDER, 'assets'))).filter((name) =>
    name.endsWith('.js'),
  );

  t.deepEqual(
    scripts.filter((name) => !page.includes(`"/assets/${name}"`)),
    [],
  );
});
