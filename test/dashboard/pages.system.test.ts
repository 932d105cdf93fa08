/** How the pages look and load: accessible to everybody, in both themes and sizes, and light enough. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProject } from '../e2e/served-project.ts';
import { requires } from '../support/requires.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { DESKTOP, PHONE, TestBrowser } from './browser.ts';

const BUILT = join(import.meta.dirname, '../../dist/dashboard');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const STRATEGY = '{ type: canary, bake: 300ms, stages: [10, { percent: 50, gate: Looks good? }, 100] }';
const MOST_BYTES_FIRST = 250_000;
/** Where pictures are kept: with `SLUICE_PICTURES=docs/images/dashboard` those of the documentation are made anew. */
const PICTURES = process.env.SLUICE_PICTURES;

const LOOKS = [
  { look: 'light', theme: 'light', size: DESKTOP },
  { look: 'dark', theme: 'dark', size: DESKTOP },
  { look: 'phone', theme: 'light', size: PHONE },
  { look: 'phone-dark', theme: 'dark', size: PHONE },
] as const;

interface Fault {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

test('what is loaded first is less than 250 KB, compressed', () => {
  const html = readFileSync(join(BUILT, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(1);
  const bytes = named.reduce((sum, path) => sum + statSync(join(BUILT, `${path}.br`)).size, 0);
  expect(bytes).toBeLessThan(MOST_BYTES_FIRST);
});

test('whatever is big enough is there compressed in both ways', () => {
  const files = readdirSync(join(BUILT, 'assets'));
  for (const file of files.filter((name) => /\.(?:js|css)$/.test(name))) {
    if (statSync(join(BUILT, 'assets', file)).size < 1_024) continue;
    expect(files, file).toEqual(expect.arrayContaining([`${file}.br`, `${file}.gz`]));
  }
});

describe.runIf(requires('chromium'))('every page', () => {
  let served: ServedProject;
  let browser: TestBrowser;
  let plan = '';

  beforeAll(async () => {
    served = await ServedProject.create({ instances: 4, strategy: STRATEGY });
    browser = await TestBrowser.start();
    const { project } = served;
    await project.deploy('1.0.0');
    await project.deploy('1.2.0-broken', 3);
    project.build('1.1.0');
    const planned = await served.sluice('plan', 'hello', '1.1.0', '--json');
    plan = (JSON.parse(planned.stdout) as { plan: { digest: string } }).plan.digest;
    void served.sluice('apply', plan);
    await waitFor('the rollout to stand at its gate', async () => {
      const { unfinished } = (await project.status()) as { unfinished: { question?: string } | null };
      return unfinished?.question !== undefined;
    });
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await served?.[Symbol.asyncDispose]();
  });

  test.each(LOOKS)(
    'in $look has no serious fault for whoever uses it otherwise',
    async ({ look, theme, size }) => {
      await using folder = await temporaryFolder();
      const pages = {
        fleet: '/',
        service: '/services/hello?environment=local',
        rollout: '/deployments/hello-3',
        failed: '/deployments/hello-2',
        history: '/history',
        compare: '/compare?from=hello-1&to=hello-2',
        plan: `/plans/${plan}`,
        'new-plan': '/plan',
      };
      await using dashboard = await browser.open({ url: served.url, token: served.token, size, theme });
      const { page } = dashboard;
      const found: string[] = [];
      for (const [name, path] of Object.entries(pages)) {
        await dashboard.show(path);
        await page.getByText('Live', { exact: true }).waitFor();
        if (name === 'rollout') await page.locator('.plot canvas').nth(1).waitFor();
        await page.evaluate(AXE);
        const { violations } = await page.evaluate<{ violations: Fault[] }>(
          "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
        );
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        found.push(
          ...serious.flatMap(({ id, nodes }) =>
            nodes.slice(0, 3).map(({ html, failureSummary }) => `${name}: ${id}: ${html} ${failureSummary}`),
          ),
        );
        const [wide, screen] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        if (wide > screen) found.push(`${name}: ${wide} pixels wide on a screen of ${screen}`);
        await dashboard.picture(PICTURES ?? folder.path, `${name}-${look}`);
      }
      expect(found).toEqual([]);
      expect(dashboard.faults).toEqual([]);
    },
  );
});
