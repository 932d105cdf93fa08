/** Operations in plain words, while they are under way and when they are done. */
import type { OperationName } from '../domain/operation.ts';

export const DOING: Readonly<Record<OperationName, string>> = {
  stage: 'copying',
  activate: 'starting',
  probe: 'waiting until healthy',
  admit: 'getting traffic',
  drain: 'draining',
  stop: 'stopping',
  prune: 'cleaning up',
  observe: 'looking at the fleet',
  shift: 'shifting traffic',
  check: 'asking the checks',
  hook: 'running',
};

export const DONE: Readonly<Record<OperationName, string>> = {
  stage: 'staged',
  activate: 'started',
  probe: 'healthy',
  admit: 'gets traffic',
  drain: 'drained',
  stop: 'stopped',
  prune: 'cleaned up',
  observe: 'fleet looked at',
  shift: 'traffic shifted',
  check: 'checks asked',
  hook: 'hook ended well',
};

export const FAILED: Readonly<Record<OperationName, string>> = {
  stage: 'staging failed',
  activate: 'starting failed',
  probe: 'did not become healthy',
  admit: 'giving it traffic failed',
  drain: 'draining failed',
  stop: 'stopping failed',
  prune: 'cleaning up failed',
  observe: 'looking at the fleet failed',
  shift: 'shifting traffic failed',
  check: 'the checks failed',
  hook: 'the hook failed',
};
