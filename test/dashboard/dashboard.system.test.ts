/** The dashboard as people use it: a real browser, a real server, and real rollouts of processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProject } from '../e2e/served-project.ts';
import { requires } from '../support/requires.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Dashboard, TestBrowser } from './browser.ts';

const STRATEGY = '{ type: canary, bake: 300ms, stages: [10, { percent: 50, gate: Looks good? }, 100] }';
/** For a machine that has much else to do. */
const PATIENCE_MS = 30_000;

describe.runIf(requires('chromium'))('the dashboard', () => {
  let served: ServedProject;
  let browser: TestBrowser;

  beforeAll(async () => {
    served = await ServedProject.create({ instances: 3, strategy: STRATEGY });
    browser = await TestBrowser.start();
    await served.project.deploy('1.0.0');
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await served?.[Symbol.asyncDispose]();
  });

  async function opened(token = served.token): Promise<Dashboard> {
    const dashboard = await browser.open({ url: served.url, token });
    dashboard.page.setDefaultTimeout(PATIENCE_MS);
    return dashboard;
  }

  /** Deploys through the server, as CI would, and shows that deployment. */
  async function deploying(
    dashboard: Dashboard,
    version: '1.0.0' | '1.1.0' | '1.2.0-broken',
  ): Promise<string> {
    served.project.build(version);
    const begun = await served.sluice('plan', 'hello', version, '--json');
    const { plan } = JSON.parse(begun.stdout) as { plan: { digest: string } };
    await dashboard.show(`/plans/${plan.digest}`);
    await dashboard.press('Execute');
    await dashboard.page.waitForURL('**/deployments/*');
    return decodeURIComponent(new URL(dashboard.page.url()).pathname.split('/').at(-1) ?? '');
  }

  test('lets in whoever has a token, to the page that they wanted, and out again', async () => {
    await using dashboard = await browser.open({ url: `${served.url}/history` });
    const { page } = dashboard;
    await page.getByLabel('Token').first().fill('slu_nobody_nothing');
    await dashboard.button('Sign in').click();
    await page
      .getByText(/token is not good|not a token|no token|unknown|expired/i)
      .first()
      .waitFor();
    await dashboard.signIn(served.token);
    await page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
    // No script can read what keeps somebody signed in.
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual([
      '',
      0,
      0,
    ]);
    await dashboard.button('Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(dashboard.faults).toEqual([]);
  });

  test('shows the fleet, and finds in it', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    const row = page.getByRole('row', { name: /hello/ });
    await row.getByText('3 healthy').waitFor();
    expect(await row.getByText('1.0.0').first().isVisible()).toBe(true);
    await page.keyboard.press('/');
    await page.keyboard.type('nothing like it');
    await page.getByText('No service is as the filters ask').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('nothing like it');
    await page.goto(`${served.url}/?show=needs`);
    await page.getByText('Nothing needs a person').waitFor();
    expect(dashboard.faults).toEqual([]);
  });

  test('shows a canary live, and takes the approval that it waits for', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    const id = await deploying(dashboard, '1.1.0');
    await page.getByRole('heading', { name: 'Looks good?' }).waitFor();
    await page.getByText('hello 1.1.0 waits for approval').waitFor();
    expect(await dashboard.refusal('Retry')).toBe('It cannot be done now: it is not paused after a failure.');
    await page.getByRole('button', { name: 'hello.1 on 1.1.0' }).click();
    await page.getByRole('log').getByText('hello 1.1.0 listens').waitFor();
    expect(new URL(page.url()).searchParams.get('target')).toBe('hello.1');
    await dashboard.press('Approve', 'the graphs are flat');
    await page.getByText('hello 1.1.0 is live').waitFor();
    await page.getByText('(the graphs are flat)').first().waitFor();
    for (const target of ['hello.1', 'hello.2', 'hello.3']) {
      await page.getByRole('button', { name: `${target} on 1.1.0` }).waitFor();
    }
    expect((await served.project.ask()).version).toBe('1.1.0');
    expect((await served.project.history())[0]).toBe(`${id} 1.1.0 completed`);
    expect(dashboard.faults).toEqual([]);
  });

  test('rolls back', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    await dashboard.show('/history');
    await page.getByRole('link', { name: 'hello-2' }).click();
    await page.getByText('hello 1.1.0 is live').waitFor();
    await dashboard.press('Roll back');
    await page.waitForURL('**/deployments/hello-3');
    await page.getByText('hello 1.0.0 is live').waitFor();
    expect((await served.project.ask()).version).toBe('1.0.0');
    expect(dashboard.faults).toEqual([]);
  });

  test('aborts a rollout, which ends on what ran before', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    await deploying(dashboard, '1.1.0');
    await page.getByRole('heading', { name: 'Looks good?' }).waitFor();
    await dashboard.press('Abort', 'not needed after all');
    await page.getByText(/hello 1\.1\.0 was aborted and rolled back/).waitFor();
    await waitFor('the server to say why', async () => {
      const said = await dashboard.refusal('Roll back');
      return said === 'It cannot be done now: it has been taken back already.';
    });
    expect((await served.project.ask()).version).toBe('1.0.0');
    expect(dashboard.faults).toEqual([]);
  });

  test('explains why one has failed, as the command line does', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    const id = await deploying(dashboard, '1.2.0-broken');
    await page.getByText('hello 1.2.0-broken was rolled back').waitFor();
    const said = page.getByRole('status').filter({ hasText: 'Cause' });
    const words = await said.innerText();
    expect(words).toContain('HTTP 503');
    expect(words).toContain('hello 1.2.0-broken: cannot reach the database');
    const told = (await served.sluice('show', id)).stdout;
    const cause = /not healthy after .*?: http \/healthz: HTTP 503/.exec(words)?.[0] ?? 'no cause';
    expect(told.replaceAll(/\s+/g, ' ')).toContain(cause);
    await page.getByRole('button', { name: 'hello.1 failed' }).waitFor();
    // The fleet says that somebody has to look at it.
    await dashboard.show('/?show=needs');
    await page.getByText(`${id} (1.2.0-broken) was rolled back`).waitFor();
    expect(dashboard.faults).toEqual([]);
  });

  test('shows a viewer everything, and lets them change nothing', async () => {
    const token = await served.tokenFor('vic', 'viewer');
    await using dashboard = await opened(token);
    const { page } = dashboard;
    await dashboard.show('/services/hello?environment=local');
    const why = 'It cannot be done now: you (vic) are viewer in local, which does not allow it.';
    expect(await dashboard.refusal('Stop')).toBe(why);
    expect(await dashboard.refusal('Roll back to 1.1.0')).toBe(why);
    await dashboard.show('/plan');
    await page.getByText('Nothing that you may deploy').waitFor();
    // Nor does the server, whatever a page may ask.
    const status = await page.evaluate(async () => {
      const session = (await (await fetch('/api/v1/session')).json()) as { csrf: string };
      const headers = { 'content-type': 'application/json', 'x-csrf-token': session.csrf };
      const asked = { method: 'POST', headers, body: JSON.stringify({ environment: 'local' }) };
      return (await fetch('/api/v1/services/hello/stop', asked)).status;
    });
    expect(status).toBe(403);
    expect(dashboard.faults).toEqual([]);
  });

  test('compares two deployments that are chosen in the history', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    await dashboard.show('/history?outcome=completed');
    await page.getByLabel('Compare hello-1').check();
    await page.getByLabel('Compare hello-2').check();
    await dashboard.button('Compare hello-1 and hello-2').click();
    await page.getByRole('row', { name: 'version 1.0.0 1.1.0' }).waitFor();
    await dashboard.button('Swap').click();
    await page.getByRole('row', { name: 'version 1.1.0 1.0.0' }).waitFor();
    expect(dashboard.faults).toEqual([]);
  });

  test('loses no event when the server is killed in the middle, and says so meanwhile', async () => {
    await using dashboard = await opened();
    const { page } = dashboard;
    const load = served.project.load();
    const id = await deploying(dashboard, '1.1.0');
    await page.getByRole('heading', { name: 'Looks good?' }).waitFor();
    await served.killServer();
    await page.getByText('Connection lost').waitFor();
    await served.startServer();
    await page.getByText('Live', { exact: true }).waitFor();
    await dashboard.press('Approve');
    await page.getByText('hello 1.1.0 is live').waitFor();
    const { events } = JSON.parse((await served.sluice('show', id, '--json')).stdout) as {
      events: unknown[];
    };
    const shown = await page.evaluate<number[]>(
      "performance.getEntriesByName('event-shown').map((mark) => mark.detail.seq)",
    );
    expect(shown.at(-1)).toBe(events.length);
    // The story tells every step: none is missing of those that ended while nobody was connected.
    for (const step of ['stage 1.1.0 on 3 targets', 'ask "Looks good?"', 'retire 1.0.0']) {
      await page.getByRole('listitem').filter({ hasText: step }).first().waitFor();
    }
    const { lost } = await load.stop();
    expect(lost).toBe(0);
    expect(dashboard.faults).toEqual([]);
  });
});
