/**
 * Keeps the shell (the page, its scripts and styles) for when the daemon is away. Never the API.
 *
 * The page comes from the daemon whenever it is there. When it is another one than the one kept, everything kept is
 * from an older version and goes.
 */

/** The DOM library does not have these, and the library of workers cannot be loaded beside it. */
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface RequestEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const CACHE = 'shell';
const PAGE = '/';
const ASSETS = /^\/(?:assets\/|icon|manifest\.webmanifest$)/;

addEventListener('install', (event) => {
  (event as WorkerEvent).waitUntil(fetchPage());
});

addEventListener('fetch', (event) => {
  const asked = event as RequestEvent;
  const { request } = asked;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') asked.respondWith(fetchPage());
  else if (ASSETS.test(pathname)) asked.respondWith(fetchAsset(request));
});

/** The page from the daemon, else the one that we have. All paths have the same page. */
async function fetchPage(): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(PAGE);
  let fresh: Response;
  try {
    fresh = await fetch(PAGE, { cache: 'no-store' });
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
  const isPage = fresh.ok && (fresh.headers.get('content-type') ?? '').startsWith('text/html');
  if (isPage) await keepPage(cache, fresh.clone(), await kept?.text());
  return fresh;
}

async function keepPage(cache: Cache, page: Response, keptText: string | undefined): Promise<void> {
  const text = await page.clone().text();
  if (text === keptText) return;
  for (const request of await cache.keys()) await cache.delete(request);
  const assets = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = PAGE]) => path);
  await cache.addAll([...new Set(assets)]);
  await cache.put(PAGE, page);
}

/** Names of assets change with their content, so what we have is right. */
async function fetchAsset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}
