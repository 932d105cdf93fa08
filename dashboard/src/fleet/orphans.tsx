import { Alert, Code } from '@mantine/core';
import type { Orphan } from '../../../src/project/orphans.ts';
import { serviceCommand } from '../../../src/words/typed-command.ts';
import { counted } from '../../../src/words/words.ts';

/** What runs though the config names it no more: nothing here looks after it. */
export function Orphans({ orphans }: { readonly orphans: readonly Orphan[] }) {
  if (orphans.length === 0) return null;
  return (
    <Alert color="yellow" mt="lg" title="Running, but not in the config">
      {orphans.map(({ service, environment, instances, environmentKnown }) => (
        <div key={`${environment}/${service}`}>
          {service} in {environment}: {counted(instances, 'instance')}
          {environmentKnown && (
            <>
              . <Code>{serviceCommand('stop', environment, service)}</Code> ends it.
            </>
          )}
        </div>
      ))}
    </Alert>
  );
}
