/** The live view of a rollout on a real terminal, and what Ctrl-C does there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { type HelloOptions, HelloProject, SLUICE } from './hello-project.ts';
import { Terminal } from './terminal.ts';

const BAKING = '{ type: canary, bake: 30s, stages: [50, 100] }';

/** A project that runs 1.0.0, with 1.1.0 in its folder, and `./sluice` to type. */
async function projectToUpgrade(options: HelloOptions = {}): Promise<HelloProject> {
  const project = await HelloProject.create({ instances: 2, ...options });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  const script = `#!/bin/sh\nexec '${SLUICE.join(`' '`)}' "$@"\n`;
  writeFileSync(join(project.dir, 'sluice'), script, { mode: 0o755 });
  return project;
}

describe.runIf(requires('tmux')).concurrent('on a terminal', () => {
  test('a rollout is a live view, and ends with a summary that fits the screen', async () => {
    await using project = await projectToUpgrade({
      strategy: '{ type: canary, bake: 2s, stages: [50, 100] }',
    });
    await using terminal = await Terminal.open(project);
    await terminal.type('./sluice deploy hello 1.1.0');
    const live = (await terminal.showing(/traffic .*50 % 1\.1\.0 · 50 % 1\.0\.0/)).join('\n');
    expect(live).toMatch(/hello {2}1\.0\.0 → 1\.1\.0/);
    expect(live).toMatch(/canary in local · 2 targets · hello-2 +http:\/\/localhost:\d+\//);
    expect(live).toMatch(/bake 2 s/);
    expect(live).toContain('Ctrl-C: abort and roll back · twice: leave, `sluice resume` goes on');
    expect(await terminal.hasCursor()).toBe(false);

    const after = await terminal.prompt();
    expect(after[0]).toBe('[0] ./sluice deploy hello 1.1.0');
    expect(after[1]).toMatch(/^✓ hello 1\.1\.0 is live in local/);
    expect(after.at(-1)).toBe('[0]');
    expect(await terminal.hasCursor()).toBe(true);
  });

  test('the summary of a failure fits the screen too', async () => {
    await using project = await projectToUpgrade({ policy: 'healthTimeout: 1s' });
    project.build('1.2.0-broken');
    await using terminal = await Terminal.open(project);
    await terminal.type('./sluice deploy hello 1.2.0-broken');
    const after = await terminal.prompt();
    expect(after.join('\n')).toContain('↩ hello 1.2.0-broken was rolled back in local; 1.0.0 serves');
    expect(after.at(-1)).toBe('[3]');
  });

  test('Ctrl-C aborts and rolls back, and says so at once', async () => {
    // What is said while it rolls back is on the screen for that long only.
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "2"] }] }';
    await using project = await projectToUpgrade({ strategy: BAKING, more });
    await using terminal = await Terminal.open(project);
    await terminal.type('./sluice deploy hello 1.1.0');
    await terminal.showing(/bake 30 s/);
    await terminal.pressCtrlC();
    await terminal.showing(/^Aborting and rolling back\. Ctrl-C again leaves it as it is/);
    const after = (await terminal.prompt()).join('\n');
    expect(after).toContain('↩ hello 1.1.0 was aborted and rolled back in local; 1.0.0 serves');
    expect(after).toMatch(/cause +aborted by \S+: Ctrl-C/);
    expect(after).toContain('\n[5]');
    expect(await terminal.hasCursor()).toBe(true);
  });

  test('Ctrl-C twice leaves it, and `sluice resume` finishes it', async () => {
    const more = '    hooks: { onFailure: [{ name: slow, command: [sleep, "3"] }] }';
    await using project = await projectToUpgrade({ strategy: BAKING, more });
    await using terminal = await Terminal.open(project);
    await terminal.type('./sluice deploy hello 1.1.0');
    await terminal.showing(/bake 30 s/);
    await terminal.pressCtrlC();
    await terminal.showing(/hook slow/);
    await terminal.pressCtrlC();
    const left = (await terminal.prompt()).join('\n');
    expect(left).toContain('Left hello-2 as it is. Go on with it: sluice resume hello-2.');
    expect(left).toContain('\n[8]');
    expect(await terminal.hasCursor()).toBe(true);

    await terminal.type('clear; ./sluice resume');
    const after = (await terminal.prompt()).join('\n');
    expect(after).toContain('↩ hello 1.1.0 was aborted and rolled back in local; 1.0.0 serves');
    expect(after).toContain('\n[5]');
    expect((await project.ask()).version).toBe('1.0.0');
  });

  test('NO_COLOR is respected', async () => {
    await using project = await projectToUpgrade();
    await using terminal = await Terminal.open(project);
    const isColour = new RegExp(`${String.fromCharCode(27)}\\[3\\dm`);
    await terminal.type('./sluice status');
    await terminal.prompt();
    expect(await terminal.colours()).toMatch(isColour);
    await terminal.type('clear; NO_COLOR=1 ./sluice deploy hello 1.1.0');
    await terminal.showing(/bake 300 ms/);
    expect(await terminal.colours()).not.toMatch(isColour);
    await terminal.showing(/is live in local/);
    expect(await terminal.colours()).not.toMatch(isColour);
  });
});

test.concurrent('what is not printed on a terminal has no escape sequence in it', async () => {
  await using project = await projectToUpgrade();
  const deployed = await project.sluice('deploy', 'hello', '1.1.0');
  const refused = await project.sluice('deploy', 'hello', '../1.1.0');
  const shown = [deployed, refused, await project.sluice('status'), await project.sluice('show')];
  const printed = shown.map(({ stdout, stderr }) => stdout + stderr).join('');
  expect(printed).toContain('✓ hello 1.1.0 is live in local');
  expect(printed).not.toContain(String.fromCharCode(27));
});
