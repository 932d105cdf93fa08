// The embedded router, as built into dist/, before the port that is its argument. Prints its own port.
import { EmbeddedRouter } from '../../dist/routers/embedded/embedded-router.js';

const router = new EmbeddedRouter();
const address = { host: '127.0.0.1', port: Number(process.argv[2]) };
const context = { signal: AbortSignal.timeout(1_000) };
await router.admit('api', { target: 'a', release: '1.0.0-000000000001', address }, null, context);
await router.configure({ service: 'api' });
console.log(router.address('api').port);
