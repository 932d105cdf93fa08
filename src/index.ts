/** The public API of Sluice. */
export { type ConfigInput, defineConfig } from './config/define-config.ts';
export type { DeploymentResult } from './deploy-function.ts';
export {
  allAtOnce,
  blueGreen,
  canary,
  type DeploymentState,
  DeploymentStrategy,
  rolling,
  type ServiceFleet,
} from './deployment-strategy.ts';
export {
  ConfigError,
  DeploymentNotFoundError,
  type Evidence,
  FencedError,
  InvalidInputError,
  InvalidPlanError,
  InvalidPlanStateError,
  JournalConflictError,
  JournalError,
  LeaseHeldError,
  OperationError,
  SignalRefusedError,
  SluiceError,
  StalePlanError,
  SupervisorError,
} from './errors.ts';
export { type CommandCheckOptions, commandCheck } from './health/command-check.ts';
export { customCheck } from './health/custom-check.ts';
export { type DiskCheckOptions, diskCheck } from './health/disk-check.ts';
export { HealthStatus } from './health/health-check.ts';
export { HealthChecker } from './health/health-checker.ts';
export { type HttpCheckOptions, httpCheck } from './health/http-check.ts';
export { type MemoryCheckOptions, memoryCheck } from './health/memory-check.ts';
export { type TcpCheckOptions, tcpCheck } from './health/tcp-check.ts';
export { DeploymentManager, type DeploymentSummary, type Logger, type ServiceStrategy } from './manager.ts';
export {
  DeploymentOrchestrator,
  type DeploymentPlan,
  type DeploymentStatus,
  PlanState,
} from './orchestrator.ts';
export type { DeployFunction, DeploymentTarget } from './platforms/function/function-platform.ts';
