/** A controller of the server in a process of its own, on the project of the current folder. Stopped by SIGTERM. */
import { Project } from '../../../dist/project/project.js';
import { Controller } from '../../../dist/server/controller/controller.js';

const say = (line) => process.stdout.write(`${line}\n`);
const project = await Project.open({ cwd: process.cwd() });
const controller = await Controller.open(project, { log: say });
say('open');
await new Promise((resolve) => {
  process.once('SIGTERM', resolve);
  process.stdin.resume();
});
await controller[Symbol.asyncDispose]();
await project[Symbol.asyncDispose]();
say('closed');
process.exit(0);
