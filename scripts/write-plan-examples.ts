/**
 * Writes the plans into docs/strategies.md: `npx jiti scripts/write-plan-examples.ts`. Below each config that is
 * followed by `<!-- plan -->` stands what `sluice plan` prints for it. A unit test fails when the page is not
 * what this writes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paintFor } from '../src/cli/render/paint.ts';
import { renderPlan } from '../src/cli/render/plan-text.ts';
import { readYaml } from '../src/config/read-yaml.ts';
import { type ResolvedService, resolveService } from '../src/config/resolve-service.ts';
import { validate } from '../src/config/validate.ts';
import { previewPlan } from '../src/domain/preview.ts';
import { type Release, releaseId } from '../src/domain/release.ts';
import { MemoryJournal } from '../src/journal/memory/memory-journal.ts';
import { processSlots } from '../src/project/fleet/process-fleet.ts';
import { strategyOf } from '../src/project/from-config.ts';
import { planService } from '../src/project/plan-service.ts';
import { ReleaseHistory } from '../src/project/release-history.ts';

const PAGE = fileURLToPath(new URL('../docs/strategies.md', import.meta.url));
const EXAMPLE = /(?<=```yaml\n(?<config>(?:(?!```).)*)```\n\n<!-- plan -->\n```text\n)(?:(?!```).)*(?=```)/gs;
const NOON = Date.UTC(2026, 10, 23, 12);
const COLUMNS = 100;

/** The page with every plan made anew. */
export async function withPlans(page: string): Promise<string> {
  const plans: string[] = [];
  for (const { groups } of page.matchAll(EXAMPLE)) plans.push(await planOf(groups?.config ?? ''));
  return page.replace(EXAMPLE, () => plans.shift() ?? '');
}

/** What `sluice plan` prints for the one service of a config when 1.0.0 runs and 1.1.0 is to be deployed. */
async function planOf(text: string): Promise<string> {
  const { config, problems } = validate(readYaml(text, 'sluice.config.yaml').value);
  if (config === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const service = resolveService(config);
  const running = releaseOf(service, '1.0.0');
  const targets = processSlots(service);
  const plan = await planService({
    service,
    fleet: { targets, can: { beside: true, routed: true, staged: true } },
    release: releaseOf(service, '1.1.0'),
    strategy: strategyOf(service),
    instances: targets.map((target) => ({ target, release: running.id, state: 'running' })),
    history: new ReleaseHistory(new MemoryJournal(), {
      service: service.name,
      environment: service.environment,
    }),
    now: NOON,
  });
  const lines = renderPlan(plan, previewPlan(plan), { paint: paintFor({ color: false }), columns: COLUMNS });
  return `${lines.join('\n')}\n`;
}

function releaseOf({ name }: ResolvedService, version: string): Release {
  const digest = Buffer.from(version.padEnd(32, '.')).toString('hex');
  return { id: releaseId(version, digest), service: name, version, digest, spec: {} };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, await withPlans(readFileSync(PAGE, 'utf8')));
}
