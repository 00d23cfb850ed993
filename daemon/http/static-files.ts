/** The GUI's files, served from a fixed list made at start: no path of a request ever becomes a path on disk (G4). */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware } from 'koa';
import { RequestError } from './request-error.ts';

/** Vite puts what has a hash in its name here. */
const HASHED_FOLDER = '/assets/';
const INDEX = '/index.html';
const YEAR_S = 31_536_000;
/** Below this a compressed copy saves nothing. */
const COMPRESS_MIN_BYTES = 1024;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  mp3: 'audio/mpeg',
  txt: 'text/plain; charset=utf-8',
};
const COMPRESSED_ALREADY = new Set(['png', 'woff2', 'mp3']);

const compress = promisify(gzip);

/** A file in memory, as it goes out. */
type Loaded = Readonly<{ plain: Buffer; gzipped: Buffer | undefined; etag: string }>;

type StaticFile = Readonly<{
  type: string;
  cacheControl: string;
  /** Read when first asked for, kept from then on. */
  load: () => Promise<Loaded>;
}>;

/** All files below a folder by URL path. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/**
 * Lists the files of a folder once; what is added later is not served.
 *
 * @returns An empty map when there is no such folder: the GUI was not built.
 */
export async function listStaticFiles(folder: string): Promise<StaticFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    // A daemon without a GUI still serves the command line.
    return [];
  });
  const files = new Map<string, StaticFile>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const urlPath = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(urlPath, toStaticFile(urlPath, path));
  }
  return files;
}

/**
 * Serves GET and HEAD for listed files, and the index page for every other navigation, which the GUI's own router
 * understands. Whoever has paths of its own comes before.
 *
 * @throws {RequestError} `method_not_allowed`, `not_found`.
 */
export function staticFiles(files: StaticFiles): Middleware {
  return async (ctx) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      throw new RequestError('method_not_allowed', 'files are only for reading', {
        Allow: 'GET, HEAD',
      });
    }
    const file = files.get(ctx.path) ?? (isNavigation(ctx) ? files.get(INDEX) : undefined);
    if (file === undefined) {
      const isBuilt = files.has(INDEX);
      throw new RequestError('not_found', isBuilt ? 'no such page' : 'the GUI was not built');
    }
    await answer(ctx, file);
  };
}

function isNavigation(ctx: Context): boolean {
  return ctx.path === '/' || (!ctx.path.startsWith(HASHED_FOLDER) && acceptsHtml(ctx));
}

function acceptsHtml({ req }: Context): boolean {
  return req.headers.accept?.includes('text/html') === true;
}

async function answer(ctx: Context, file: StaticFile): Promise<void> {
  const { plain, gzipped, etag } = await file.load();
  ctx.set({ 'Cache-Control': file.cacheControl, ETag: etag, Vary: 'Accept-Encoding' });
  if (ctx.get('If-None-Match') === etag) {
    ctx.status = 304;
    return;
  }
  ctx.type = file.type;
  if (gzipped !== undefined && ctx.acceptsEncodings('gzip') === 'gzip') {
    ctx.set('Content-Encoding', 'gzip');
    ctx.body = gzipped;
  } else {
    ctx.body = plain;
  }
}

function toStaticFile(urlPath: string, path: string): StaticFile {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  let loaded: Promise<Loaded> | undefined;
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    cacheControl: cacheControlOf(urlPath),
    load: () => (loaded ??= loadFile(path, !COMPRESSED_ALREADY.has(extension))),
  };
}

function cacheControlOf(urlPath: string): string {
  if (urlPath === INDEX) return 'no-store';
  return urlPath.startsWith(HASHED_FOLDER) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache';
}

async function loadFile(path: string, isCompressible: boolean): Promise<Loaded> {
  const plain = await readFile(path);
  const isWorthIt = isCompressible && plain.byteLength >= COMPRESS_MIN_BYTES;
  return {
    plain,
    gzipped: isWorthIt ? await compress(plain) : undefined,
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
  };
}
