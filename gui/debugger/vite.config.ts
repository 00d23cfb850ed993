import { defineConfig } from 'vite';

/** The debugger's page, apart from the GUI so that neither loads anything of the other; as strict as that (G8). */
export default defineConfig({
  base: '/',
  publicDir: false,
  build: {
    outDir: '../../build/debugger-dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
