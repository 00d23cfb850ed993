import { defineConfig } from 'vite';

/**
 * Bundles the compiled daemon with its libraries: loading a few files instead of several hundred halves the time that a
 * start takes (docs/performance.md). Names stay readable, for the stacks in the log.
 */
export default defineConfig({
  build: {
    ssr: '../build/daemon/main.js',
    outDir: '../build/bin',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
  ssr: { noExternal: true },
});
