/** The service as `sluice` runs it: behind the embedded router, on the process platform. */
import { HelloProject, type HelloVersion } from '../../test/e2e/hello-project.ts';
import type { ProcessResult } from '../../test/support/run-process.ts';
import { type Change, type Contender, INSTANCES } from './contender.ts';

export async function startWithSluice(): Promise<Contender> {
  const project = await HelloProject.create({
    instances: INSTANCES,
    strategy: '{ type: canary, bake: 300ms, stages: [10, 50, 100] }',
  });
  await project.deploy('1.0.0');
  return {
    name: 'Sluice',
    url: project.url,
    upgrade(version: HelloVersion) {
      project.build(version);
      return timed(() => project.sluice('deploy', 'hello', version));
    },
    goBack: () => timed(() => project.sluice('rollback', 'hello')),
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

async function timed(run: () => Promise<ProcessResult>): Promise<Change> {
  const begun = performance.now();
  const { exitCode, stdout, stderr } = await run();
  return { exitCode, ms: performance.now() - begun, printed: `${stdout}${stderr}` };
}
