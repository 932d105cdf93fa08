// Deploys through the API of a Sluice server, tells what happens, and ends with the exit code of the outcome:
//
//   SLUICE_URL=https://sluice.example.com SLUICE_TOKEN=slu_... node deploy.js SERVICE [VERSION] [ENVIRONMENT]
//
// 0 completed, 3 rolled back, 4 failed, 5 aborted, 1 when the server cannot be asked, 2 when it refuses: the exit codes of the
// command line. Needs Node 20 and nothing else. A job that runs again deploys nothing twice, and a connection that breaks is
// taken up where it broke.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const EXIT_CODES = { completed: 0, 'rolled-back': 3, failed: 4, aborted: 5 };
const { SLUICE_URL = 'http://127.0.0.1:8470', SLUICE_TOKEN, GITHUB_OUTPUT } = process.env;
const { GITHUB_RUN_ID, GITHUB_JOB, GITHUB_RUN_ATTEMPT } = process.env;
const [service, version, environment] = process.argv.slice(2);

const headers = { authorization: `Bearer ${SLUICE_TOKEN}` };

async function ask(path, body, more = {}) {
  const answer = await fetch(new URL(`/api/v1/${path}`, SLUICE_URL), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: JSON.stringify(body),
  });
  if (answer.ok) return answer;
  const problem = await answer.json();
  console.error(`${problem.detail}\n  ${problem.remedy ?? ''}`);
  process.exit(answer.status < 500 ? 2 : 1);
}

async function begin() {
  // The same run of the same job gets the same answer, however often it asks.
  const key = GITHUB_RUN_ID && `${GITHUB_RUN_ID}-${GITHUB_RUN_ATTEMPT}-${GITHUB_JOB}-${service}`;
  const answer = await ask(
    'trigger',
    { service, version, environment },
    key ? { 'idempotency-key': key } : {},
  );
  return (await answer.json()).deployment;
}

/** Tells each event, and resolves when the deployment has ended, however often the connection breaks meanwhile. */
async function follow(id) {
  let last = 0;
  for (let failures = 0; failures < 20; failures++) {
    try {
      const stream = await ask(`deployments/${id}/stream`, undefined, { 'last-event-id': String(last) });
      let text = '';
      for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
        const messages = (text + part).split('\n\n');
        text = messages.pop();
        for (const message of messages) {
          if (message.startsWith('event: end')) return;
          const data = /^data: (.*)$/m.exec(message)?.[1];
          if (!message.includes('event: event') || data === undefined) continue;
          const { seq, event } = JSON.parse(data);
          tell(event);
          last = seq;
          failures = 0;
        }
      }
    } catch (error) {
      console.log(`the connection is lost (${error.cause?.message ?? error.message}); trying again`);
    }
    await sleep(1_000);
  }
  console.error(`the server does not answer any more; the deployment goes on by itself: ${id}`);
  process.exit(1);
}

const planned = [];

function tell(event) {
  if (event.type === 'deployment-created') planned.push(...event.plan.steps);
  if (event.type === 'rollback-started') planned.splice(0, planned.length, ...event.steps);
  const step = planned[event.step];
  const at = new Date(event.at).toISOString().slice(11, 19);
  if (event.type === 'step-started') console.log(`${at} ${words(step)}`);
  if (event.cause) console.log(`${at} ${event.type}: ${event.cause.message}`);
}

function words(step) {
  if (step.kind === 'update') return `update ${step.targets.length} targets`;
  if (step.kind === 'shift') return `shift ${step.percent} % of the traffic`;
  if (step.kind === 'bake') return `bake for ${step.durationMs / 1_000} s`;
  return step.kind === 'gate' ? `waiting for approval: ${step.name}` : step.kind;
}

if (service === undefined || SLUICE_TOKEN === undefined) {
  console.error('usage: SLUICE_TOKEN=slu_... node deploy.js SERVICE [VERSION] [ENVIRONMENT]');
  process.exit(2);
}
const id = await begin();
if (id === null) {
  console.log('everything runs this already');
  process.exit(0);
}
if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, `deployment=${id}\n`);
console.log(`${id} at ${new URL(`/deployments/${id}`, SLUICE_URL)}`);
await follow(id);
const { summary } = await (await ask(`deployments/${id}`)).json();
console.log(`${summary.outcome}${summary.reason === null ? '' : `: ${summary.reason}`}`);
process.exit(EXIT_CODES[summary.outcome] ?? 1);
