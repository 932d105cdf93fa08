/** Whether a deployment is one that a list asks for. */
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { ListFilter } from '../journal.ts';

export function matches(summary: DeploymentSummary, filter: ListFilter): boolean {
  const { service, environment, ended, outcome, version, release, by, since, until } = filter;
  return (
    (service === undefined || summary.service === service) &&
    (environment === undefined || summary.environment === environment) &&
    (ended === undefined || (summary.phase === 'ended') === ended) &&
    (outcome === undefined || summary.outcome === outcome) &&
    (version === undefined || summary.version === version) &&
    (release === undefined || summary.release === release) &&
    (by === undefined || summary.by === by || summary.by.startsWith(`${by}@`)) &&
    (since === undefined || summary.createdAt >= since) &&
    (until === undefined || summary.createdAt < until)
  );
}
