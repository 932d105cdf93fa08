/**
 * Writes docs/configuration.md from the schema of the config: `npx jiti scripts/write-config-reference.ts`.
 * A unit test fails when the page is not what this writes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const PAGE = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));

const INTRODUCTION = `<!-- Written by scripts/write-config-reference.ts from src/config/schema.ts: change it there. -->

# Configuration

Sluice reads \`sluice.config.yaml\` from the current folder or the nearest one above. \`.yml\`, \`.json\`, \`.ts\`,
\`.mts\`, \`.js\` and \`.mjs\` do as well; one folder has one of them. \`sluice init\` writes a first one, and
\`sluice config\` prints what yours comes to with every default filled in.

Only \`command\` is needed:

\`\`\`yaml
services:
  api:
    command: node server.js
\`\`\`

With much of what there is:

\`\`\`yaml
version: 1
services:
  api:
    folder: .
    command: node server.js
    ignore: [test, build/cache]
    env: { NODE_ENV: production }
    secrets: [DATABASE_URL]
    instances: 4
    port: 8080
    hosts: [api.localhost]
    stopTimeout: 10s
    strategy:
      type: canary
      stages: [10, { percent: 50, bake: 1m, gate: Looks good? }, 100]
      bake: 30s
    checks:
      - { type: http, path: /healthz, timeout: 2s, interval: 500ms, rise: 2, fall: 3 }
      - { type: disk, path: /, minFreePercent: 5, critical: false }
    hooks:
      before: [{ name: migrate, command: npm run migrate, timeout: 10m }]
      onFailure: [{ name: page, command: [./page.sh, api] }]
    policy: { onFailure: rollback, maxFailures: 10%, minAvailable: 50% }
    history: { keep: 50, maxAge: 90d }
    router: { stickyCookie: release, drainTimeout: 1m }
  web:
    folder: ../web/dist
    command: [node, --enable-source-maps, main.js]
    hosts: [localhost, web.localhost]
    strategy: blueGreen
environments:
  staging:
    services:
      api: { instances: 1, strategy: allAtOnce, env: { NODE_ENV: staging } }
  production: {}
defaultEnvironment: staging
\`\`\`

The same in TypeScript is completed and checked by an editor:

\`\`\`ts
import { defineConfig } from 'sluice';

export default defineConfig({
  services: { api: { command: 'node server.js', strategy: 'canary' } },
});
\`\`\`

**A duration** is a text such as \`500ms\`, \`10s\`, \`5m\`, \`1h\` or \`7d\`, or a number of milliseconds.
**An amount** is a count such as \`2\` or a percentage of the instances such as \`25%\`.
**A command** is a line such as \`npm start\`, or a list of a program and its arguments, which no shell touches.

A mistake is named with its place, and nothing is done until all are corrected:

\`\`\`text
sluice.config.yaml:7:15 services.api.strategy.stages[1].percent: 150 is more than 100
sluice.config.yaml:9:5 services.api.comand: unknown key, did you mean "command"?
\`\`\`
`;

/** A heading and what is under it. */
interface Section {
  readonly title: string;
  readonly body: string;
}

/** The whole page. */
export function renderReference(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  // What is the same in several places is told once.
  const titles = new Map<string, string[]>();
  for (const { title, body } of section(schema, '', 'Top level')) {
    titles.set(body, [...(titles.get(body) ?? []), title]);
  }
  const parts = [...titles].map(([body, headings]) => `## ${headings.join(', ')}\n\n${body}`);
  return [INTRODUCTION, ...parts].join('\n');
}

/** A section for a mapping, then one for each mapping in it. */
function section(schema: Schema, path: string, title = code(path)): Section[] {
  const properties = Object.entries(schema.properties ?? {}).filter(isProperty);
  const intro = schema.description === undefined ? [] : [`${schema.description}\n`];
  const body = [...intro, ...table(properties, schema.required ?? [])].join('\n');
  const inner = properties.flatMap(([key, value]) => sectionsIn(value, path === '' ? key : `${path}.${key}`));
  return [{ title, body }, ...inner];
}

function sectionsIn(schema: Schema, path: string): Section[] {
  if (schema.properties !== undefined) return section(schema, path);
  const mappings = variantsOf(schema).filter((variant) => variant.properties !== undefined);
  if (mappings.length > 1) return alternatives(mappings, path);
  return [
    ...mappings.flatMap((mapping) => section(mapping, path)),
    ...(isSchema(schema.items) ? sectionsIn(schema.items, `${path}[]`) : []),
    ...(isSchema(schema.additionalProperties)
      ? sectionsIn(schema.additionalProperties, `${path}.<name>`)
      : []),
  ];
}

/** Mappings told apart by their `type`: what all have in common first, then what is special about each. */
function alternatives(mappings: readonly Schema[], path: string): Section[] {
  const all = mappings.map((mapping) => Object.entries(mapping.properties ?? {}).filter(isProperty));
  const common = (all[0] ?? []).filter((property) =>
    all.every((properties) => properties.some((other) => JSON.stringify(other) === JSON.stringify(property))),
  );
  const isCommon = (key: string) => common.some(([other]) => other === key);
  const special = mappings.flatMap((mapping, index) => {
    const own = (all[index] ?? []).filter(([key]) => key !== 'type' && !isCommon(key));
    const type = (all[index] ?? []).find(([key]) => key === 'type')?.[1].const;
    const title = `${code(path)} of type ${code(String(type))}`;
    return section({ ...mapping, properties: Object.fromEntries(own) }, path, title);
  });
  if (common.length === 0) return special;
  return [
    ...section({ properties: Object.fromEntries(common) }, path, `${code(path)} of every type`),
    ...special,
  ];
}

function isProperty(entry: [string, unknown]): entry is [string, Schema] {
  return isSchema(entry[1]);
}

function table(properties: readonly [string, Schema][], required: readonly string[]): string[] {
  if (properties.length === 0) return [];
  const rows = properties.map(([key, schema]) => {
    const preset = isEmpty(schema.default) ? '' : code(yaml(schema.default));
    const example = schema.example ?? schema.default;
    return [
      code(key),
      typeOf(schema),
      required.includes(key) ? 'needed' : preset,
      schema.description ?? '',
      isEmpty(example) ? '' : code(`${key}: ${yaml(example)}`),
    ];
  });
  const lines = [
    ['Key', 'Type', 'Default', 'Meaning', 'Example'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ];
  return [
    `${lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`,
  ];
}

function typeOf(schema: Schema): string {
  const variants = variantsOf(schema);
  if (schema.title !== undefined && schema.title in KINDS) return KINDS[schema.title] ?? '';
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(' or ');
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
    case 'number':
      return (schema.type === 'integer' ? 'whole number' : 'number') + rangeOf(schema);
    case 'array':
      return isSchema(schema.items)
        ? `list of ${typeOf(schema.items).replace(/mapping$/, 'mappings')}`
        : 'list';
    default:
      return 'mapping';
  }
}

const KINDS: Readonly<Record<string, string>> = {
  Amount: 'amount',
  Command: 'command',
  Duration: 'duration',
};

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ` from ${minimum}`
    : ` from ${minimum} to ${maximum}`;
}

function variantsOf(schema: Schema): Schema[] {
  const variants = (schema.anyOf ?? schema.oneOf ?? []).filter(isSchema);
  return variants.flatMap((variant) => {
    const inner = variantsOf(variant);
    return inner.length > 0 && variant.title === undefined ? inner : [variant];
  });
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What would say nothing in a table: no default, or an empty list or mapping. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

/** A value in one line, as one would write it. */
function yaml(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: false,
    blockQuote: false,
  }).trim();
}

function code(text: string): string {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, renderReference());
