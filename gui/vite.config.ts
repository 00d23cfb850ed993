import { defineConfig, type Plugin } from 'vite';

/** Where a daemon that runs beside `npm run dev` listens. */
const DAEMON = 'http://127.0.0.1:4885';

/**
 * Names in the page what is fetched when it is needed. Browsers make nothing of it; the service worker keeps it with
 * everything else that the page names, so that it is there when the daemon is not.
 */
const nameLateFiles: Plugin = {
  name: 'late-files',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle = {} }) =>
      Object.keys(bundle)
        .filter((name) => /^assets\/.*\.js$/.test(name) && !html.includes(`"/${name}"`))
        .map((name) => ({
          tag: 'link',
          attrs: { rel: 'vestnik-late', href: `/${name}` },
          injectTo: 'head',
        })),
  },
};

/** The page has to work under the daemon's Content-Security-Policy (G8): nothing inline, nothing from elsewhere. */
export default defineConfig({
  base: '/',
  plugins: [nameLateFiles],
  build: {
    outDir: '../build/gui-dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'src/service-worker.ts'],
      output: {
        // What the page begins with stays one file, however many late ones share parts of it: it is smaller so.
        codeSplitting: { groups: [{ name: 'index', test: /\/gui\/index\.html$/ }] },
        // A service worker rules the folder that it lies in, and its name must stay the same for ever.
        entryFileNames: (chunk) =>
          chunk.name === 'service-worker' ? 'service-worker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': DAEMON, '/chatroom': { target: DAEMON, ws: true } },
  },
});
