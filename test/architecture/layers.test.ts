import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Layers, layerViolations, readSourceTree } from './layers.ts';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const LAYERS: Layers = JSON.parse(readFileSync(new URL('./layers.json', import.meta.url), 'utf8'));

test('src/ imports inwards only', () => {
  expect(layerViolations(readSourceTree(SOURCES), LAYERS)).toEqual([]);
});

describe('an import that the table does not allow is named with its file and line', () => {
  const cases: [what: string, file: string, text: string, violation: string][] = [
    [
      'domain imports the engine',
      'domain/plan.ts',
      "import type { Json } from './json.ts';\nimport { run } from '../engine/run.ts';\n",
      'src/domain/plan.ts:2: domain/ may not import engine/run.ts',
    ],
    [
      'the engine imports an implementation of a port',
      'engine/controller.ts',
      "import {\n  open,\n} from '../journal/sqlite/journal.ts';\n",
      'src/engine/controller.ts:3: engine/ may not import journal/sqlite/journal.ts',
    ],
    [
      'the engine imports a strategy',
      'engine/controller.ts',
      "const rolling = await import('../strategies/rolling.ts');\n",
      'src/engine/controller.ts:1: engine/ may not import strategies/rolling.ts',
    ],
    [
      'a port imports another port',
      'platforms/platform.ts',
      "import type { Router } from '../routers/router.ts';\n",
      'src/platforms/platform.ts:1: platforms/platform.ts may not import routers/router.ts',
    ],
    [
      'an implementation imports its sibling',
      'journal/sqlite/journal.ts',
      "export { append } from '../memory/journal.ts';\n",
      'src/journal/sqlite/journal.ts:1: journal/* may not import journal/memory/journal.ts',
    ],
    [
      'another platform than process talks to the supervisor',
      'platforms/function/platform.ts',
      "import { connect } from '../../supervisor/client.ts';\n",
      'src/platforms/function/platform.ts:1: platforms/* may not import supervisor/client.ts',
    ],
    [
      'the process platform reaches into the supervisor',
      'platforms/process/platform.ts',
      "import '../../supervisor/main.ts';\n",
      'src/platforms/process/platform.ts:1: platforms/process/ may not import supervisor/main.ts',
    ],
    [
      'the library imports from the command line',
      'manager.ts',
      "import type { Options } from './cli/options.ts';\n",
      'src/manager.ts:1: *.ts may not import cli/options.ts',
    ],
    [
      'what users may import for their tests needs the server',
      'testing/fleet.ts',
      "type Server = import('../server/main.ts').Server;\n",
      'src/testing/fleet.ts:1: testing/ may not import server/main.ts',
    ],
    [
      'a file outside src/',
      'config/schema.ts',
      "import { wait } from '../../test/support/wait-for.ts';\n",
      'src/config/schema.ts:1: config/ may not import ../test/support/wait-for.ts',
    ],
    [
      'a folder that the table does not know',
      'helpers/string.ts',
      '',
      'src/helpers/string.ts: belongs to no layer, give it a row in layers.json',
    ],
  ];

  test.each(cases)('%s', (_what, file, text, violation) => {
    expect(layerViolations(new Map([[file, text]]), LAYERS)).toEqual([violation]);
  });
});

describe('what the table allows', () => {
  const cases: [file: string, text: string][] = [
    ['strategies/rolling.ts', "import type { Step } from '../domain/step.ts';\n"],
    ['journal/sqlite/journal.ts', "import { migrate } from './migrations.ts';\n"],
    ['platforms/process/platform.ts', "import { connect } from '../../supervisor/client.ts';\n"],
    ['supervisor/main.ts', "import { proxy } from '../routers/embedded/proxy.ts';\n"],
    ['manager.ts', "import { InvalidInputError } from './errors.ts';\nimport './strategies/rolling.ts';\n"],
    ['cli/commands/deploy.ts', "import { render } from '../render/plan.ts';\nimport '../../manager.ts';\n"],
    ['domain/plan.ts', "import { createHash } from 'node:crypto';\n// see import from '../engine/run.ts'\n"],
  ];

  test.each(cases)('%s', (file, text) => {
    expect(layerViolations(new Map([[file, text]]), LAYERS)).toEqual([]);
  });
});
