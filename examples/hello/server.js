/**
 * A small HTTP service with versions. Which one it is stands in `version.json` beside it, which `build.js`
 * writes: `version`, and for a bad release its `fault`.
 *
 *   GET /            {"service":"hello","version":"1.0.0","target":"..."}
 *   GET /healthz     200 when it can serve, 503 when it cannot
 *   GET /slow?ms=N   like /, after N milliseconds
 *
 * It listens on $HOST:$PORT, by itself on 127.0.0.1. On SIGTERM it takes no new connections, answers what is under
 * way, and exits.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_SLOW_MS = 60_000;

const { version, fault } = JSON.parse(readFileSync(new URL('./version.json', import.meta.url), 'utf8'));
const target = process.env.SLUICE_TARGET ?? 'local';
const server = createServer((request, response) => void answer(request, response));

switch (fault) {
  case 'crash':
    setTimeout(() => crash(new Error('the settings file has no "secret"')), 100);
    break;
  case 'silent':
    console.log(`hello ${version} waits for a lock that nobody gives back`);
    setInterval(() => {}, 60_000);
    break;
  default:
    serve();
}

function serve() {
  const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
  server.listen(Number(PORT), HOST, () => {
    console.log(`hello ${version} listens on ${HOST}:${server.address().port}`);
  });
  process.once('SIGTERM', () => {
    console.log(`hello ${version} stops`);
    server.close();
  });
}

async function answer(request, response) {
  const [path, query] = request.url.split('?');
  if (path === '/healthz') {
    return fault === 'no-database' ? refuse(response, 503) : send(response, 200, { status: 'ok', version });
  }
  if (path !== '/' && path !== '/slow') return send(response, 404, { error: `there is no ${path}` });
  if (fault === 'no-database') return refuse(response, 500);
  if (path === '/slow') await sleep(milliseconds(new URLSearchParams(query).get('ms')));
  send(response, 200, { service: 'hello', version, target });
}

function refuse(response, status) {
  const error = 'cannot reach the database at 127.0.0.1:1';
  console.error(`hello ${version}: ${error}`);
  send(response, status, { error });
}

function send(response, status, body) {
  // Once it stops, a connection that the client would keep for later would keep the process alive.
  if (!server.listening) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function milliseconds(text) {
  return Math.min(Math.max(0, Number(text) || 0), LONGEST_SLOW_MS);
}

function crash(error) {
  console.error(error.stack);
  process.exit(3);
}
