/** A canary by hand: two releases behind a HAProxy, a share for the new one, then everything. */
import { createServer } from 'node:http';
import { HaproxyRouter, haproxyConfigFile, haproxySocket } from 'sluice';

const url = process.argv[2] ?? 'http://127.0.0.1:8080/';
const router = new HaproxyRouter({
  connection: haproxySocket('admin.sock'),
  config: haproxyConfigFile({ file: 'haproxy.cfg' }),
  serverOptions: ['inter', '200ms', 'fall', '2', 'rise', '1'],
});
const context = { signal: AbortSignal.timeout(60_000) };
const [OLD, NEW] = ['1.0.0', '2.0.0'];

const servers = [await start(OLD), await start(NEW)];
await router.admit('api', { target: 'web-1', release: OLD, address: servers[0].address }, null, context);
await router.admit('api', { target: 'web-2', release: NEW, address: servers[1].address }, share(0), context);
console.log(' 0 %', await count(100));
await router.shift('api', share(10), context);
console.log('10 %', await count(100));
await router.shift('api', share(100), context);
const { abandoned } = await router.drain('api', 'web-1', OLD, context);
console.log('all ', await count(100), `and ${abandoned} cut off`);
await router.drain('api', 'web-2', NEW, context);
for (const { server } of servers) server.close();

function share(percent) {
  return { release: NEW, percent };
}

async function start(release) {
  const server = createServer((_request, response) => response.end(release));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: { host: '127.0.0.1', port: server.address().port } };
}

async function count(requests) {
  const answers = {};
  for (let i = 0; i < requests; i++) {
    const answer = await (await fetch(url)).text();
    answers[answer] = (answers[answer] ?? 0) + 1;
  }
  return answers;
}
