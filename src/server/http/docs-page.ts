/** The page that tells of the API, made of the same document that programs read. No script, and nothing from elsewhere. */
import { createHash } from 'node:crypto';
import { openApiDocument } from '../api/openapi.ts';
import { PROBLEMS } from '../api/problem.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8888; border-radius: 6px; }
section { border-top: 1px solid #8888; padding: 0.5rem 0; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
`;

export const DOCS_STYLE_DIGEST = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

interface Shown {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Shown>>;
  readonly required?: readonly string[];
  readonly items?: Shown;
  readonly anyOf?: readonly Shown[];
  readonly oneOf?: readonly Shown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly additionalProperties?: Shown | boolean;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Shown;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Shown }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Record<string, { schema: Shown }> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Shown>> };
}

export function docsPage(version: string): string {
  const { paths, components } = openApiDocument(version) as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>The API of Sluice</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>The API of Sluice ${escapeHtml(version)}</h1>`,
    '<p>For programs: <a href="/api/openapi.json">openapi.json</a>. Times are milliseconds since the epoch. Send a token as',
    '<code>Authorization: Bearer slu_…</code>; it is made by <code>sluice token create</code>.</p>',
    ...tags.flatMap((tag) => [
      `<h2>${escapeHtml(tag)}</h2>`,
      ...operations.filter(({ operation }) => operation.tags.includes(tag)).map(operationHtml),
    ]),
    '<h2>Problems</h2>',
    '<p>Whatever cannot be done is answered with <code>application/problem+json</code> (RFC 9457) and one of these codes.</p>',
    '<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>',
    ...Object.entries(PROBLEMS).map(
      ([code, { status, title }]) =>
        `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td></tr>`,
    ),
    '</table>',
    '<h2>Types</h2>',
    ...Object.entries(components.schemas).map(
      ([name, schema]) =>
        `<section id="type-${name}"><h3>${name}</h3><pre>${escapeHtml(typeText(schema, ''))}</pre></section>`,
    ),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function operationHtml({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json']?.schema;
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return [
    `<section id="${operationId}">`,
    `<h3><span class="method">${method}</span> <code>${escapeHtml(path)}</code></h3>`,
    `<p>${escapeHtml(summary)}. ${escapeHtml(description)}</p>`,
    ...(parameters.length === 0 ? [] : ['<table>']),
    ...parameters.map(
      ({ name, in: place, required, description: what = '', schema }) =>
        `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? '' : ', optional'}</td>` +
        `<td><code>${escapeHtml(typeText(schema, ''))}</code></td><td>${escapeHtml(what)}</td></tr>`,
    ),
    ...(parameters.length === 0 ? [] : ['</table>']),
    ...(body === undefined ? [] : [`<p>Body:</p><pre>${escapeHtml(typeText(body, ''))}</pre>`]),
    ...answers.map(([status, { content = {} }]) => {
      const [media, answer] = Object.entries(content)[0] ?? [];
      if (answer === undefined) return `<p>${status}, without a body.</p>`;
      return `<p>${status}, <code>${media}</code>:</p><pre>${escapeHtml(typeText(answer.schema, ''))}</pre>`;
    }),
    '</section>',
  ].join('\n');
}

/** A schema as people write types. */
function typeText(schema: Shown, indent: string): string {
  const { $ref, anyOf, oneOf, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) return $ref.replace('#/components/schemas/', '');
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return choices.map((choice) => typeText(choice, indent)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (items !== undefined) {
    const inner = typeText(items, indent);
    return inner.includes(' | ') ? `(${inner})[]` : `${inner}[]`;
  }
  if (properties !== undefined) return objectText(schema, indent);
  if (typeof additionalProperties === 'object')
    return `{ [name]: ${typeText(additionalProperties, indent)} }`;
  const { type = 'anything' } = schema;
  return typeof type === 'string' ? type : type.join(' | ');
}

function objectText({ properties = {}, required = [] }: Shown, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, value]) => {
    const mark = required.includes(name) ? '' : '?';
    const remark = value.description === undefined ? '' : `  // ${value.description}`;
    return `${inner}${name}${mark}: ${typeText(value, inner)}${remark}`;
  });
  return lines.length === 0 ? '{}' : ['{', ...lines, `${indent}}`].join('\n');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
