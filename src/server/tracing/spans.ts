/**
 * The events of a deployment as spans: one for the deployment, one for each step in it, and one for each operation in
 * a step. Pure. Times are those of the events; where a clock went back, time stands still until it has come up again,
 * so that nothing ends before it began, and everything lies within what it belongs to.
 */
import type { Cause, DeploymentEvent, DeploymentOutcome, Signal } from '../../domain/event.ts';
import type { Intent, Outcome } from '../../domain/operation.ts';
import { sentenceOf } from '../../domain/outcome.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Step } from '../../domain/step.ts';
import type { StoredEvent } from '../../journal/journal.ts';
import { type Attributes, causeAttributes, detailsOf, type Span, type SpanRemark, short } from './span.ts';

/** Of one span; the rest of a long story is in the journal. */
const MOST_REMARKS = 128;
const DEPLOYMENT = '1';

/** How an operation or a step has ended, other than well. */
interface End {
  readonly outcome: string;
  readonly error: string | null;
  readonly attributes?: Attributes;
}

interface OpenSpan {
  readonly kind: Span['kind'];
  readonly name: string;
  readonly key: string;
  readonly parent: string | null;
  readonly startedAt: number;
  readonly attributes: Attributes;
  readonly remarks: SpanRemark[];
}

/** Goes through the events of one deployment, all of them and in order. */
export class Spans {
  readonly #id: string;
  #plan: Plan | null = null;
  /** Those of the plan, and of the way back once it has turned. */
  #steps: readonly Step[] = [];
  #direction: 'forward' | 'back' = 'forward';
  #seq = 0;
  #now = 0;
  #deployment: OpenSpan | null = null;
  #step: OpenSpan | null = null;
  /** Why the step under way has failed; it may be tried again. */
  #failure: Cause | null = null;
  #turnedFor: Cause | null = null;
  /** Under way, by the index of the target; `null` for the whole fleet. */
  readonly #operations = new Map<number | null, OpenSpan & { readonly operation: Intent['operation'] }>();
  #ended: Span[] = [];

  constructor(id: string) {
    this.#id = id;
  }

  /** Of the last event that was gone through; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** The spans that end with these events, which begin where the last ones ended. */
  endingWith(events: readonly StoredEvent[]): readonly Span[] {
    this.#ended = [];
    for (const { seq, event } of events) {
      this.#seq = seq;
      this.#now = Math.max(this.#now, event.at);
      this.#follow(event);
    }
    return this.#ended;
  }

  #follow(event: DeploymentEvent): void {
    switch (event.type) {
      case 'deployment-created':
        this.#create(event.plan, event.by);
        break;
      case 'deployment-started':
        this.#remark('started', { 'sluice.unhealthy': event.unhealthy.length });
        break;
      case 'controller-changed':
        this.#endOperations();
        this.#remark('controller changed', { 'sluice.epoch': event.epoch });
        break;
      case 'step-started':
        this.#endStep('left');
        this.#startStep(event.step);
        break;
      case 'operations-started':
        for (const [index, intent] of event.intents.entries()) this.#startOperation(intent, index);
        break;
      case 'operations-finished':
        for (const outcome of event.outcomes) this.#endOperation(outcome);
        break;
      case 'step-finished':
        this.#failure = null;
        this.#endStep('done', event.note === undefined ? {} : { 'sluice.note': short(event.note) });
        break;
      case 'step-failed':
        this.#failure = event.cause;
        break;
      case 'signal-received':
        this.#signalled(event.signal, event.refused);
        break;
      case 'paused':
        this.#remark('paused', causeAttributes(event.cause));
        break;
      case 'rollback-started':
        this.#turn('rolling back', event.cause, event.steps);
        break;
      case 'stopped':
        this.#turn('stopped', event.cause, event.steps);
        break;
      case 'deployment-finished':
        this.#finish(event.outcome, event.cause);
        break;
    }
  }

  #turn(how: string, cause: Cause, steps: readonly Step[]): void {
    this.#endStep('left');
    this.#steps = steps;
    this.#direction = 'back';
    this.#turnedFor = cause;
    this.#remark(how, causeAttributes(cause));
  }

  #signalled({ signal, by }: Signal, refused: string | undefined): void {
    this.#remark(signal, {
      'sluice.by': short(by),
      ...(refused === undefined ? {} : { 'sluice.refused': short(refused) }),
    });
  }

  #finish(outcome: DeploymentOutcome, why: Cause | undefined): void {
    this.#endStep('left');
    const cause = outcome === 'completed' ? null : (why ?? this.#turnedFor);
    const error = cause === null ? outcome : sentenceOf(cause);
    this.#end(this.#deployment, {
      outcome,
      error: outcome === 'completed' ? null : error,
      attributes: cause === null ? {} : causeAttributes(cause),
    });
    this.#deployment = null;
  }

  #create(plan: Plan, by: string): void {
    this.#plan = plan;
    this.#steps = plan.steps;
    this.#deployment = this.#begin('deployment', `deployment ${plan.service}`, DEPLOYMENT, null, {
      'sluice.release': plan.release.id,
      'sluice.plan': plan.digest,
      'sluice.targets': plan.targets.length,
      'sluice.by': short(by),
    });
  }

  #startStep(position: number): void {
    const step = this.#steps[position];
    if (step === undefined || this.#deployment === null) return;
    this.#step = this.#begin('step', `step ${step.kind}`, `${this.#seq}`, DEPLOYMENT, {
      'sluice.step': position + 1,
      'sluice.step.kind': step.kind,
      'sluice.direction': this.#direction,
      ...detailsOf(step),
    });
  }

  #startOperation({ target, operation, side, attempt, recover }: Intent, index: number): void {
    if (this.#step === null) return;
    this.#endOperationOn(target, UNKNOWN);
    const id = target === null ? undefined : this.#plan?.targets[target]?.id;
    const span = this.#begin('operation', operation, `${this.#seq}.${index}`, this.#step.key, {
      'sluice.operation': operation,
      'sluice.side': side,
      'sluice.attempt': attempt,
      ...(recover === true ? { 'sluice.recover': true } : {}),
      ...(id === undefined ? {} : { 'sluice.target': id }),
    });
    this.#operations.set(target, { ...span, operation });
  }

  #endOperation(outcome: Outcome): void {
    // A late answer to what was given up on: it was told without it.
    if (this.#operations.get(outcome.target)?.operation !== outcome.operation) return;
    const error = outcome.ok ? null : short(outcome.error ?? `${outcome.operation} failed`);
    this.#endOperationOn(outcome.target, {
      outcome: outcome.ok ? 'done' : 'failed',
      error,
      attributes: {
        ...(error === null ? {} : { 'sluice.cause': error }),
        ...(outcome.verdict === undefined ? {} : { 'sluice.verdict': outcome.verdict }),
        ...(outcome.unreachable === undefined ? {} : { 'sluice.unreachable': true }),
      },
    });
  }

  #endOperationOn(target: number | null, end: End): void {
    this.#end(this.#operations.get(target) ?? null, end);
    this.#operations.delete(target);
  }

  /** What became of them nobody knows: whoever did them has died, or has gone on without an answer. */
  #endOperations(): void {
    for (const target of this.#operations.keys()) this.#endOperationOn(target, UNKNOWN);
  }

  #endStep(outcome: 'done' | 'left', attributes: Attributes = {}): void {
    this.#endOperations();
    const cause = this.#failure;
    this.#end(
      this.#step,
      cause === null
        ? { outcome, error: null, attributes }
        : { outcome: 'failed', error: sentenceOf(cause), attributes: causeAttributes(cause) },
    );
    this.#step = null;
    this.#failure = null;
  }

  #begin(
    kind: Span['kind'],
    name: string,
    key: string,
    parent: string | null,
    attributes: Attributes,
  ): OpenSpan {
    const { service, environment, release, strategy } = this.#plan as Plan;
    const common = {
      'sluice.deployment': this.#id,
      'sluice.service': service,
      'sluice.environment': environment,
      'sluice.version': release.version,
      'sluice.strategy': strategy.name,
    };
    return {
      kind,
      name,
      key,
      parent,
      startedAt: this.#now,
      attributes: { ...common, ...attributes },
      remarks: [],
    };
  }

  #end(span: OpenSpan | null, { outcome, error, attributes }: End): void {
    if (span === null) return;
    const { kind, name, key, parent, startedAt, remarks } = span;
    this.#ended.push({
      kind,
      name,
      key,
      parent,
      startedAt,
      endedAt: this.#now,
      seq: this.#seq,
      attributes: { ...span.attributes, 'sluice.outcome': outcome, ...attributes },
      remarks,
      error: error === null ? null : short(error),
    });
  }

  #remark(name: string, attributes: Attributes): void {
    const remarks = this.#deployment?.remarks;
    if (remarks !== undefined && remarks.length < MOST_REMARKS)
      remarks.push({ name, at: this.#now, attributes });
  }
}

const UNKNOWN: End = { outcome: 'unknown', error: null };
