/** Keeps the page itself for when the daemon is away. */

const WORKER_PATH = '/service-worker.js';

/** As far as we use it; the DOM library does not have it. */
type TrustedTypesFactory = Readonly<{
  createPolicy: (
    name: string,
    rules: Readonly<{ createScriptURL: () => string }>,
  ) => Readonly<{ createScriptURL: (url: string) => string }>;
}>;

/** Registers the service worker where browsers allow one. */
export function keepShell(page: Window & Readonly<{ trustedTypes?: TrustedTypesFactory }>): void {
  if (!page.isSecureContext || !('serviceWorker' in page.navigator)) return;
  // `require-trusted-types-for 'script'` (G8) wants the address of a script vouched for; this is our only one.
  const policy = page.trustedTypes?.createPolicy('vestnik-worker', {
    createScriptURL: () => WORKER_PATH,
  });
  const url = policy?.createScriptURL(WORKER_PATH) ?? WORKER_PATH;
  // Without it everything works as long as the daemon is there (development, private windows).
  page.navigator.serviceWorker.register(url).catch(() => undefined);
}
