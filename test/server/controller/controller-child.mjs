/** A controller of the server in a process of its own, on the project of the current folder. Stopped by SIGTERM. */
import { Project } from '../../../dist/project/project.js';
import { Controller } from '../../../dist/server/controller/controller.js';

const project = await Project.open({ cwd: process.cwd() });
const controller = await Controller.open(project, { log: (line) => console.log(line) });
console.log('open');
await new Promise((resolve) => {
  process.once('SIGTERM', resolve);
  process.stdin.resume();
});
await controller[Symbol.asyncDispose]();
await project[Symbol.asyncDispose]();
console.log('closed');
process.exit(0);
