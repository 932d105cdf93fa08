import { expect, test } from 'vitest';
import { abort } from '../../../src/cli/commands/signals.ts';
import type { CommandContext } from '../../../src/cli/context.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import { MemoryJournal } from '../../../src/journal/memory/memory-journal.ts';
import type { Project } from '../../../src/project/project.ts';
import { begin, NOW } from '../../../src/testing/journal-fixtures.ts';

test('abort of what its controller has brought back before anybody looked for the controller', async () => {
  const journal = new MemoryJournal();
  const { id, lease } = await begin(journal);
  // Between the signal and the look at the lease.
  const deployer = async () => {
    const [given] = await journal.signals(id, 0);
    if (given === undefined) throw new Error('no signal was given');
    const { id: number, signal } = given;
    const story: DeploymentEvent[] = [
      { type: 'signal-received', at: NOW, id: number, signal },
      { type: 'deployment-finished', at: NOW, outcome: 'aborted' },
    ];
    await journal.append(id, 1, story, lease);
    await journal.release(lease);
    return { key: { service: 'api', environment: 'production' } };
  };

  const printed: unknown[] = [];
  const print = (line: unknown) => printed.push(line);
  const terminal = { json: false, print, remark: print } as unknown as Terminal;
  const project = { journal, deployer, config: { services: ['api'] } } as unknown as Project;
  const context: CommandContext = {
    args: [id],
    command: [],
    options: { as: 'bob' },
    terminal,
    cwd: '/',
    project: async () => project,
  };
  expect(await abort(context)).toBe(0);
  expect(printed).toEqual([expect.stringMatching(/^api-1: abort received/)]);
});
