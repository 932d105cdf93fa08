import { expect, it } from 'vitest';
import { renderOrphans } from '../../../src/cli/render/orphans-text.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import type { Orphan } from '../../../src/project/orphans.ts';
import { expectTidy } from './golden.ts';

const OLD: Orphan = {
  service: 'old',
  environment: 'local',
  instances: 1,
  releases: ['1.0.0-312e302e302e'],
  environmentKnown: true,
};

function render(orphans: readonly Orphan[], columns = 80): string[] {
  const lines = renderOrphans(orphans, { paint: paintFor({ color: false }), columns });
  expectTidy(lines, columns);
  return lines;
}

it('names what runs and the command that ends it', () => {
  expect(render([])).toEqual([]);
  expect(render([OLD])).toEqual([
    '',
    '! old is not in the config, and runs: 1 instance of 1.0.0',
    '  sluice stop old ends it',
  ]);
  const staging = { ...OLD, environment: 'staging', instances: 2_000 };
  expect(render([{ ...staging, releases: ['1.0.0-312e302e302e', '1.1.0-312e312e302e'] }])).toEqual([
    '',
    '! old is not in the config, and runs: 2,000 instances of 1.0.0, 1.1.0',
    '  sluice stop old --env staging ends it',
  ]);
});

it('names the environment that is gone in the command, whatever it is called', () => {
  expect(render([{ ...OLD, environmentKnown: false }])).toEqual([
    '',
    '! old in local, which is not in the config, and runs: 1 instance of 1.0.0',
    '  sluice stop old --env local ends it',
  ]);
});
