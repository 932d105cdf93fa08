/** A project with a controller of the server on it, from the built package: it starts supervisors. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DeploymentEvent } from '../../../src/domain/event.ts';
import type { StoredEvent } from '../../../src/journal/journal.ts';
import type { Project } from '../../../src/project/project.ts';
import type { Controller } from '../../../src/server/controller/controller.ts';
import { ENVIRONMENT, type HelloOptions, HelloProject } from '../../e2e/hello-project.ts';
import { type StartedProcess, startProcess } from '../../support/run-process.ts';

const DIST = resolve(import.meta.dirname, '../../../dist');
export const KEY = { service: 'hello', environment: 'local' } as const;
export const GATED = '{ type: canary, bake: 100ms, stages: [{ percent: 50, gate: Looks good? }, 100] }';
export const BY = 'ann';

function built(path: string): Promise<unknown> {
  return import(pathToFileURL(resolve(DIST, path)).href);
}

export interface OpenedController extends AsyncDisposable {
  readonly project: Project;
  readonly controller: Controller;
  /** What it has logged. */
  readonly lines: string[];
}

/** In this process. */
export async function openController(dir: string): Promise<OpenedController> {
  const { Project: BuiltProject } = (await built('project/project.js')) as { Project: typeof Project };
  const { Controller: BuiltController } = (await built('server/controller/controller.js')) as {
    Controller: typeof Controller;
  };
  const project = await BuiltProject.open({ cwd: dir });
  const lines: string[] = [];
  const controller = await BuiltController.open(project, { log: (line) => lines.push(line) });
  return {
    project,
    controller,
    lines,
    async [Symbol.asyncDispose]() {
      await controller[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** In a process of its own, which can be killed. It says `open` once it is. */
export function startController(dir: string): StartedProcess {
  return startProcess([process.execPath, resolve(import.meta.dirname, 'controller-child.mjs')], {
    cwd: dir,
    env: ENVIRONMENT,
  });
}

/** A project that runs 1.0.0, deployed by the command line, with 1.1.0 built. */
export async function helloProject(options: HelloOptions = {}): Promise<HelloProject> {
  const project = await HelloProject.create({ instances: 2, ...options });
  await project.deploy('1.0.0');
  project.build('1.1.0');
  return project;
}

/** Follows to the end of the deployment, or until `enough`. */
export async function followed(
  controller: Controller,
  id: string,
  enough: (event: DeploymentEvent) => boolean = () => false,
  after = 0,
): Promise<StoredEvent[]> {
  const ending = new AbortController();
  const seen: StoredEvent[] = [];
  for await (const batch of controller.follow(id, after, ending.signal)) {
    seen.push(...batch);
    if (batch.some(({ event }) => enough(event))) ending.abort();
  }
  return seen;
}
