import { posix } from 'node:path';
import test from 'ava';
import { readSources, type SourceFile } from '../helpers/source-files.ts';

/** What each layer may import besides itself: packages, `node:` modules, files and folders of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  storage: ['node:', 'lowdb'],
  'daemon/wire': ['valibot'],
  'daemon/crypto': ['node:crypto', 'tweetnacl', 'daemon/wire/'],
  'daemon/domain': ['daemon/wire/', 'daemon/crypto/'],
  'daemon/stores': [
    'node:',
    'valibot',
    'daemon/domain/',
    'daemon/wire/',
    'daemon/crypto/',
    'storage/',
  ],
  'daemon/http': [
    ...['node:', 'koa', 'ws'],
    ...['daemon/wire/', 'daemon/domain/errors.ts', 'storage/errors.ts'],
  ],
  'daemon/chatroom': ['daemon/http/', 'daemon/domain/', 'daemon/wire/'],
  'daemon/peer': frontMayImport(),
  'daemon/gui-listener': frontMayImport(),
  'daemon/hub': frontMayImport(),
  'daemon/debugger': frontMayImport(),
  'gui/debugger/src': ['gui/client/', 'daemon/wire/'],
  'gui/client': ['daemon/wire/'],
  'gui/client-node': ['gui/client/', 'ws'],
  'gui/src': [
    ...['preact', '@preact/signals', 'preact-iso', 'i18next', 'uqr', '@tanstack/virtual-core'],
    ...['gui/client/', 'daemon/wire/'],
  ],
};

/** Fronts never import each other: what two of them need is `http`, `chatroom` or `domain`. */
function frontMayImport(): readonly string[] {
  const layers = ['http', 'chatroom', 'domain', 'wire', 'crypto'];
  const ours = layers.map((layer) => `daemon/${layer}/`);
  return ['node:', 'koa', '@koa/router', 'ws', 'valibot', ...ours, 'storage/errors.ts'];
}

const IMPORT = /(?:^|[\s;}])(?:from|import)\s*\(?\s*'([^']+)'/g;

/** What a file imports: files of ours by their path in the repository, others by their name. */
function importsOf({ path, text }: SourceFile): readonly string[] {
  return [...text.matchAll(IMPORT)].map(([, name = '']) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name) : name,
  );
}

function isAllowed(name: string, folder: string, allowed: readonly string[]): boolean {
  return [`${folder}/`, ...allowed].some((one) =>
    /[/:]$/.test(one) ? name.startsWith(one) : name === one || name.startsWith(`${one}/`),
  );
}

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${folder} imports only what its layer may`, async (t) => {
    const files = await readSources(folder);

    const forbidden = files.flatMap((file) =>
      importsOf(file)
        .filter((name) => !isAllowed(name, folder, allowed))
        .map((name) => `${file.path} imports ${name}`),
    );

    t.deepEqual(forbidden, []);
  });
}

test('no part of the program imports the command line or the composition root', async (t) => {
  const files = (await Promise.all(Object.keys(MAY_IMPORT).map(readSources))).flat();

  const outward = files.flatMap((file) =>
    importsOf(file).filter((name) => /^daemon\/(?:cli\/|[^/]+\.ts$)/.test(name)),
  );

  t.true(files.length > 0);
  t.deepEqual(outward, []);
});
