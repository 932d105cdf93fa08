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
/* What a strategy of one's own is written with. */
export type { Amount } from './domain/amount.ts';
export type { Capabilities, Plan } from './domain/plan.ts';
export type { Release } from './domain/release.ts';
export type { Step } from './domain/step.ts';
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
  UnreachableError,
} from './errors.ts';
export type { HealthReport } from './health/aggregate.ts';
export { type CommandCheckOptions, commandCheck } from './health/command-check.ts';
export { customCheck } from './health/custom-check.ts';
export { type DiskCheckOptions, diskCheck } from './health/disk-check.ts';
export {
  type CheckResult,
  type CheckSubject,
  type HealthCheck,
  HealthStatus,
} from './health/health-check.ts';
export { HealthChecker } from './health/health-checker.ts';
export { type HttpCheckOptions, httpCheck } from './health/http-check.ts';
export { type MemoryCheckOptions, memoryCheck } from './health/memory-check.ts';
export { type TcpCheckOptions, tcpCheck } from './health/tcp-check.ts';
/* The ports, for a platform, router or journal of one's own; `sluice/testing` has what they must pass. */
export type { Journal } from './journal/journal.ts';
export { DeploymentManager, type DeploymentSummary, type Logger, type ServiceStrategy } from './manager.ts';
export {
  DeploymentOrchestrator,
  type DeploymentPlan,
  type DeploymentStatus,
  PlanState,
} from './orchestrator.ts';
export type { DeployFunction, DeploymentTarget } from './platforms/function/function-platform.ts';
export type { Instance, Platform } from './platforms/platform.ts';
/* Routers that are there already. */
export {
  type AdminAnswer,
  type AdminRequest,
  type CaddyAdmin,
  type CaddyAdminOptions,
  caddyAdmin,
} from './routers/caddy/admin.ts';
export { CaddyRouter, type CaddyRouterOptions } from './routers/caddy/caddy-router.ts';
export {
  type HaproxyConfig,
  type HaproxyConfigFileOptions,
  haproxyConfigFile,
} from './routers/haproxy/config-file.ts';
export { type HaproxyConnection, haproxySocket } from './routers/haproxy/connection.ts';
export { HaproxyRouter, type HaproxyRouterOptions } from './routers/haproxy/haproxy-router.ts';
export { NginxRouter, type NginxRouterOptions } from './routers/nginx/nginx-router.ts';
export {
  localScripts,
  localSocket,
  type OpenSocket,
  type RunScript,
  type ScriptEnd,
} from './routers/reach.ts';
export type { Backend, Router, RouteStatus, Split } from './routers/router.ts';
export type { BlueGreenOptions } from './strategies/blue-green.ts';
export type { CanaryOptions, CanaryStage } from './strategies/canary.ts';
export type { GateOptions } from './strategies/gate.ts';
export type { RollingOptions } from './strategies/rolling.ts';
export type { StepsFunction, Strategy, StrategyContext } from './strategies/strategy.ts';
