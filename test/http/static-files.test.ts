import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { reportErrors } from '../../daemon/http/report-errors.ts';
import { listStaticFiles, staticFiles } from '../../daemon/http/static-files.ts';
import { rawRequest, sendRaw } from '../helpers/raw-http.ts';
import { serve } from '../helpers/open-listener.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const SCRIPT = `export const text = "${'x'.repeat(5000)}";`;
const HTML = { accept: 'text/html,application/xhtml+xml' };

async function serveFolder(t: ExecutionContext) {
  const root = await temporaryFolder(t);
  await writeFile(join(root, 'secret.txt'), 'secret');
  const folder = join(root, 'gui');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'manifest.webmanifest'), '{}');
  await writeFile(join(folder, 'assets', 'app-1a2b.js'), SCRIPT);
  const files = await listStaticFiles(folder);
  const listener = await serve(t, [reportErrors((error) => t.log(error)), staticFiles(files)]);
  return { ...listener, folder };
}

test('the index page is never kept, what has a hash in its name is for ever', async (t) => {
  const { url } = await serveFolder(t);

  const index = await fetch(url);
  const script = await fetch(`${url}/assets/app-1a2b.js`);
  const manifest = await fetch(`${url}/manifest.webmanifest`);

  t.is(await index.text(), '<!doctype html>');
  t.is(index.headers.get('cache-control'), 'no-store');
  t.is(index.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(await script.text(), SCRIPT);
  t.is(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  t.is(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  t.is(manifest.headers.get('content-type'), 'application/manifest+json; charset=utf-8');
  t.is(manifest.headers.get('cache-control'), 'no-cache');
});

test('a page of the GUI’s own router is the index page, a missing file is missing', async (t) => {
  const { url } = await serveFolder(t);

  for (const path of ['/c/203.0.113.7', '/settings', '/index.html']) {
    const response = await fetch(url + path, { headers: HTML });
    t.is(response.status, 200, path);
    t.is(response.headers.get('cache-control'), 'no-store');
  }
  t.is((await fetch(`${url}/assets/app-old.js`, { headers: HTML })).status, 404);
  t.is((await fetch(`${url}/favicon.ico`)).status, 404);
});

test('nothing outside the list is served, however it is asked for', async (t) => {
  const { port, folder } = await serveFolder(t);
  await writeFile(join(folder, 'later.txt'), 'secret');
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/..\\secret.txt',
    '/later.txt',
    '//secret.txt',
    '/__proto__',
    '/constructor',
  ];

  for (const path of paths) {
    const answer = await sendRaw(
      t,
      port,
      rawRequest(`GET ${path} HTTP/1.1`, ['Host: x', 'Connection: close']),
    );
    t.is(answer.status, 404, path);
    t.false(answer.body.includes('secret'), path);
  }
});

test('files are only for reading', async (t) => {
  const { url } = await serveFolder(t);

  const posted = await fetch(url, { method: 'POST' });
  const head = await fetch(`${url}/assets/app-1a2b.js`, { method: 'HEAD' });

  t.is(posted.status, 405);
  t.is(posted.headers.get('allow'), 'GET, HEAD');
  t.is(head.status, 200);
  t.is(await head.text(), '');
});

test('whoever takes it gets it compressed, and what is known already is not sent again', async (t) => {
  const { url, port } = await serveFolder(t);
  const ask = (headers: readonly string[]) =>
    sendRaw(
      t,
      port,
      rawRequest('GET /assets/app-1a2b.js HTTP/1.1', ['Host: x', 'Connection: close', ...headers]),
    );

  const compressed = await ask(['Accept-Encoding: gzip']);
  const plain = await ask([]);
  const etag = (await fetch(`${url}/assets/app-1a2b.js`)).headers.get('etag') ?? '';
  const known = await ask([`If-None-Match: ${etag}`]);

  t.regex(compressed.head, /content-encoding: gzip/i);
  t.regex(compressed.head, /vary: accept-encoding/i);
  t.true(compressed.body.length < 500);
  t.is(plain.body, SCRIPT);
  t.is(known.status, 304);
  t.is(known.body, '');
});

test('a daemon whose GUI was not built says so', async (t) => {
  const files = await listStaticFiles('/nowhere/at/all');
  const { url } = await serve(t, [reportErrors((error) => t.log(error)), staticFiles(files)]);

  const response = await fetch(url, { headers: HTML });

  t.is(response.status, 404);
  t.regex(await response.text(), /not built/);
});
