import { type CheckResult, HEALTH_STATUSES, type HealthStatus } from './health-check.ts';
import { excerpt } from './text.ts';

/**
 * The verdict in whatever a check returned. A user's own may return a boolean, a status, a result, or
 * nothing; what cannot be understood is `unknown`, because it is neither good nor bad.
 */
export function toCheckResult(returned: unknown): CheckResult {
  if (typeof returned === 'boolean') {
    return returned
      ? { status: 'healthy', message: 'passed' }
      : { status: 'unhealthy', message: 'did not pass' };
  }
  if (returned === undefined || returned === null) return { status: 'unknown', message: 'returned nothing' };
  if (isStatus(returned)) return { status: returned, message: `reported ${returned}` };
  if (typeof returned === 'object' && 'status' in returned && isStatus(returned.status)) {
    const message = 'message' in returned && typeof returned.message === 'string' ? returned.message : '';
    return { status: returned.status, message: message || `reported ${returned.status}` };
  }
  return { status: 'unknown', message: `returned no verdict but ${shown(returned)}` };
}

function isStatus(value: unknown): value is HealthStatus {
  return HEALTH_STATUSES.some((status) => status === value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? excerpt(value) : `a value of type ${typeof value}`;
}
