/** Builds the dashboard into `dist/dashboard/`, from where the server serves it, each file also compressed. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const OUTPUT = join(import.meta.dirname, '../dist/dashboard');
/** Smaller files gain nothing. */
const LEAST_BYTES = 1_024;

/** Writes `.br` and `.gz` beside each file, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    async closeBundle() {
      const files = await readdir(OUTPUT, { recursive: true, withFileTypes: true });
      for (const file of files) {
        if (!file.isFile() || !/\.(?:js|css|html|svg)$/.test(file.name)) continue;
        const path = join(file.parentPath, file.name);
        const content = await readFile(path);
        if (content.length < LEAST_BYTES) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 };
        await writeFile(`${path}.br`, brotliCompressSync(content, { params: quality }));
        await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed()],
  build: {
    outDir: OUTPUT,
    emptyOutDir: true,
    target: 'es2023',
    // Those that know `light-dark()`.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The policy of the server allows no data: in fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is loaded first is measured compressed, by a test.
    chunkSizeWarningLimit: 1_000,
  },
  server: { proxy: { '/api': process.env.SLUICE_SERVER ?? 'http://127.0.0.1:8470' } },
});
