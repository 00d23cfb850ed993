import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * Koa brings two lists of all media types that there are, some ten thousand lines each, to look up the four that it uses
 * here: reading them takes a tenth of a start.
 */
const MEDIA_TYPES = fileURLToPath(new URL('http/media-types.json', import.meta.url));

/**
 * Bundles the compiled daemon with its libraries: loading a few files instead of several hundred halves the time that a
 * start takes (docs/performance.md). Modules of the old kind can be loaded with their compiled code (bundle.ts). Names stay
 * readable, for the stacks in the log.
 */
export default defineConfig({
  build: {
    ssr: '../build/daemon/cli/program.js',
    outDir: '../build/bin',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: {
      output: {
        format: 'cjs',
        // Code that is loaded so can't import.
        dynamicImportInCjs: false,
        minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
  resolve: { alias: [{ find: /^mime-db$/, replacement: MEDIA_TYPES }] },
  ssr: { noExternal: true },
});
