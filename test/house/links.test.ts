import { access, readdir, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import test from 'ava';
import * as v from 'valibot';
import { decode } from '../../daemon/wire/check.ts';
import { readSources } from '../helpers/source-files.ts';

/** Lines that a newcomer is asked to read first. */
const README_MAX_LINES = 120;

/** Folders of which nothing is ours to check. */
const SKIPPED = new Set(['node_modules', 'build', 'coverage', '.git']);

const PackageFile = v.object({ scripts: v.record(v.string(), v.string()) });

type Page = Readonly<{ path: string; text: string }>;

/** A place that a page or a comment points to; `anchor` is `''` for the whole file. */
type Reference = Readonly<{ from: string; path: string; anchor: string }>;

async function findPages(folder: string): Promise<readonly Page[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : findPages(path);
    return entry.name.endsWith('.md') ? [{ path, text: await readFile(path, 'utf8') }] : [];
  });
  return (await Promise.all(nested)).flat();
}

/** A page without its examples, in which nothing is a link or a heading. */
function proseOf({ text }: Page): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, (code) => code.slice(1, -1));
}

/** Anchors of a page's headings, as code hosts make them. */
function anchorsOf(page: Page): ReadonlySet<string> {
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links and pictures to places in the repository. */
function linksOf(page: Page): readonly Reference[] {
  const targets = [...page.text.replace(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)/g)];
  return targets
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor = ''] = target.split('#');
      const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file);
      return { from: page.path, path, anchor };
    });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** References that lead nowhere, as text. */
async function findDead(
  references: readonly Reference[],
  pages: readonly Page[],
): Promise<readonly string[]> {
  const anchorsByPath = new Map(pages.map((page) => [page.path, anchorsOf(page)]));
  const dead = references.map(async ({ from, path, anchor }) => {
    const hasAnchor = anchor === '' || anchorsByPath.get(path)?.has(anchor) === true;
    const isThere = hasAnchor && (await exists(path));
    return isThere ? [] : [`${from}: ${path}${anchor === '' ? '' : `#${anchor}`}`];
  });
  return (await Promise.all(dead)).flat();
}

async function readAllSources() {
  const folders = [
    'daemon',
    'storage',
    'gui/client',
    'gui/client-node',
    'gui/src',
    'test',
    'bench',
  ];
  return (await Promise.all(folders.map(readSources))).flat();
}

test('every link in a page leads somewhere', async (t) => {
  const pages = await findPages('.');
  const links = pages.flatMap(linksOf);

  t.true(links.length > 20);
  t.deepEqual(await findDead(links, pages), []);
});

test('every page that the code names is there, and so is the place in it', async (t) => {
  const pages = await findPages('.');
  const references = (await readAllSources()).flatMap(({ path: from, text }) =>
    [...text.matchAll(/\b(docs\/[a-z-]+\.md)(?:#([\w-]+))?/g)].map(
      ([, path = '', anchor = '']): Reference => ({ from, path, anchor }),
    ),
  );

  t.true(references.length > 20);
  t.deepEqual(await findDead(references, pages), []);
});

test('every rule and section that the code cites is explained', async (t) => {
  const security = await readFile('docs/security.md', 'utf8');
  const sources = await readAllSources();
  const cited = new Set([
    ...sources.flatMap(({ text }) => text.match(/\b[DEG][1-9]\d?\b/g) ?? []),
    ...sources.flatMap(({ text }) =>
      [...text.matchAll(/docs\/security\.md, (\d\.\d)/g)].map(([, section = '']) => section),
    ),
  ]);

  const isExplained = (id: string): boolean =>
    new RegExp(`^(?:\\| ${id} +\\||### ${id.replace('.', '\\.')} )`, 'm').test(security);

  t.true(cited.has('G21') && cited.has('2.3'));
  t.deepEqual(
    [...cited].filter((id) => !isExplained(id)),
    [],
  );
});

test('every script that a page names is there', async (t) => {
  const { scripts } = decode(PackageFile, await readFile('package.json', 'utf8'));
  const named = (await findPages('.')).flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
      ([, run, short]) => [path, run ?? short ?? ''] as const,
    ),
  );

  t.true(named.length > 3);
  t.deepEqual(
    named.filter(([, name]) => scripts[name] === undefined),
    [],
  );
});

test('the README is short enough to be read', async (t) => {
  const lines = (await readFile('README.md', 'utf8')).trimEnd().split('\n');

  t.true(lines.length <= README_MAX_LINES, `it has ${lines.length} lines`);
});
