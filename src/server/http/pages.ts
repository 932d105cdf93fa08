/** What people see: the dashboard, where it is built, and the page that tells of the API. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Endpoint } from '../api/endpoint.ts';
import { ENDPOINTS } from '../api/endpoints.ts';
import { openApiDocument } from '../api/openapi.ts';
import { makeProblem } from '../api/problem.ts';
import { DOCS_STYLE_DIGEST, docsPage } from './docs-page.ts';
import { isOfApi } from './guards.ts';
import { ProblemError } from './problems.ts';

const HTML = 'text/html; charset=utf-8';
const DOCS_POLICY = `default-src 'none'; style-src '${DOCS_STYLE_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sluice</title>
<h1>The dashboard is not built</h1>
<p>The server works. This copy of Sluice came without the built dashboard: in a clone, run <code>npm run build</code>
and start the server again.</p>
<p>The API is described at <a href="/api/docs">/api/docs</a>.</p>
</html>
`;

/** Paths of the table, each with the methods that it has. */
const PATHS = pathsOf(Object.values<Endpoint>(ENDPOINTS));

export async function addPages(app: FastifyInstance, version: string, dashboard: string): Promise<void> {
  const document = JSON.stringify(openApiDocument(version), null, 2);
  const page = docsPage(version);
  app.get('/api/openapi.json', async (_request, reply) => {
    await reply.type('application/json; charset=utf-8').send(document);
  });
  app.get('/api/docs', async (_request, reply) => {
    await reply.type(HTML).header('content-security-policy', DOCS_POLICY).send(page);
  });
  const isBuilt = existsSync(join(dashboard, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: dashboard,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // The names of assets change with what is in them; the page that names them has to be asked for anew.
        const isAsset = path.slice(dashboard.length).startsWith('/assets/');
        reply.setHeader('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !isOfApi(request.url);
    // A file that is not there is no page of the dashboard's own making.
    if (!isPage || /\.\w{2,5}(?:\?|$)/.test(request.url)) throw notFound(request);
    await showDashboard(reply, isBuilt);
  });
}

async function showDashboard(reply: FastifyReply, isBuilt: boolean): Promise<void> {
  if (isBuilt) await reply.sendFile('index.html');
  else await reply.code(404).type(HTML).send(NOT_BUILT);
}

function notFound({ method, url }: FastifyRequest): ProblemError {
  const path = url.split('?', 1)[0] ?? '';
  const methods = PATHS.find(({ pattern }) => pattern.test(path))?.methods;
  const shown = path.slice(0, 200);
  if (methods === undefined) {
    return new ProblemError(
      makeProblem('NOT_FOUND', `there is no ${shown}`, 'See what there is: /api/docs.'),
    );
  }
  const allowed = methods.join(', ');
  return new ProblemError(
    makeProblem('METHOD_NOT_ALLOWED', `${shown} takes no ${method}`, `Use ${allowed}.`),
    {
      allow: allowed,
    },
  );
}

function pathsOf(
  endpoints: readonly Endpoint[],
): { readonly pattern: RegExp; readonly methods: readonly string[] }[] {
  const paths = [...new Set(endpoints.map(({ path }) => path)), '/api/openapi.json', '/api/docs'];
  return paths.map((path) => {
    const own = endpoints.filter((one) => one.path === path).map(({ method }) => method);
    const pattern = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return { pattern: new RegExp(`^${pattern}$`), methods: own.length === 0 ? ['GET'] : own };
  });
}
