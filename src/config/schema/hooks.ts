/** Commands of the user's own at points of a rollout. */
import { z } from 'zod';
import { duration } from '../durations.ts';
import { argvOf, command, text } from './values.ts';

const hook = z
  .strictObject({
    name: text.max(100).meta({ description: 'What it is called in plans.', example: 'migrate' }),
    command: command.meta({
      description:
        'A line for `sh`, or a program and its arguments. It runs in the folder of the config file, and finds ' +
        '`SLUICE_SERVICE`, `SLUICE_ENVIRONMENT`, `SLUICE_VERSION` and `SLUICE_DEPLOYMENT` in its environment; ' +
        'after a failure also what it came to and why, in `SLUICE_OUTCOME` and `SLUICE_REASON`.',
      example: 'npm run migrate',
    }),
    timeout: duration('1ms').prefault('5m').meta({ description: 'Then it has failed.' }),
  })
  .transform(({ name, command, timeout }) => ({ name, command: argvOf(command), timeoutMs: timeout }))
  .meta({ title: 'Hook', description: 'A command that is run once, on the machine of the controller.' });

const example = { name: 'migrate', command: 'npm run migrate' };

export const hooks = z
  .strictObject({
    before: z
      .array(hook)
      .default([])
      .meta({
        description: 'Run before anything moves; one that fails ends the deployment.',
        example: [example],
      }),
    after: z
      .array(hook)
      .default([])
      .meta({
        description: 'Run at the end of a rollout that completed.',
        example: [{ name: 'announce', command: ['./announce.sh'] }],
      }),
    onFailure: z
      .array(hook)
      .default([])
      .meta({
        description:
          'Run when a deployment has failed or was aborted: after the rollback, where nothing is rolled back, and ' +
          'where the rollback could not be finished. One that fails changes nothing more.',
        example: [{ name: 'page', command: ['./page.sh'] }],
      }),
  })
  .meta({ title: 'Hooks', description: 'Commands of your own at points of a rollout.' });
