/** The public API of Sluice. */
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
export * from './errors.ts';
export { customCheck } from './health/custom-check.ts';
export { HealthStatus } from './health/health-check.ts';
export { HealthChecker } from './health/health-checker.ts';
export { DeploymentManager, type DeploymentSummary, type Logger, type ServiceStrategy } from './manager.ts';
export {
  DeploymentOrchestrator,
  type DeploymentPlan,
  type DeploymentStatus,
  PlanState,
} from './orchestrator.ts';
export type { DeployFunction, DeploymentTarget } from './platforms/function/function-platform.ts';
