/** What users may import, as `sluice/testing`, to test a platform, router, journal or strategy of their own. */
export {
  type ConformanceCase as JournalConformanceCase,
  journalConformance,
} from './journal-conformance.ts';
export type { OpenedJournal } from './journal-fixtures.ts';
export {
  type OpenedPlatform,
  type PlatformConformanceCase,
  platformConformance,
} from './platform-conformance.ts';
export {
  type ConformanceCase as RouterConformanceCase,
  routerConformance,
} from './router-conformance.ts';
export type { OpenedRouter } from './router-fixtures.ts';
export { Controller, type Ending } from './simulation/controller.ts';
export type { Trouble } from './simulation/draw-trouble.ts';
export type { Effect, EffectCall, EffectRecorder } from './simulation/effects.ts';
export type { CallFault, CallFaultKind, CallName, Sickness, SicknessKind } from './simulation/faults.ts';
export { Rehearsal, type RehearsedChange, type RehearsedRun } from './simulation/rehearsal.ts';
export type {
  RehearsalOptions,
  RehearsedFault,
  RehearsedSickness,
  RunningInstance,
} from './simulation/rehearsal-options.ts';
export type { DeployOptions } from './simulation/rehearsal-plan.ts';
export type { Scenario, ScenarioOptions } from './simulation/scenario.ts';
export { shrink } from './simulation/shrink.ts';
export { simulate, simulateEveryCrash, simulateScenario } from './simulation/simulate.ts';
export { type FleetOptions, SimulatedFleet } from './simulation/simulated-fleet.ts';
export type { Census, SimulatedInstance } from './simulation/simulated-instance.ts';
export { type Story, type StoryLine, tell } from './simulation/story.ts';
export { VirtualClock } from './simulation/virtual-clock.ts';
export type { CrashPoint } from './simulation/watched-journal.ts';
export type { World } from './simulation/world.ts';
