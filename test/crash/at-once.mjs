// The command line, loaded and held back: it says that it is ready, and begins at the first byte of its input.
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../../dist/cli/main.js', import.meta.url);
process.argv = [process.execPath, fileURLToPath(main), ...process.argv.slice(2)];
writeSync(1, 'ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
await import(main);
