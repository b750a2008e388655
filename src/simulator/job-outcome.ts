import { type ExpectedJob, publicGateway } from './expected.js';
import type { JobFact } from './facts.js';
import type { JobPlan } from './job-plan.js';

/** What was published of one job, or of several that drew one request id. */
export interface PublishedJob {
  readonly plan: JobPlan;
  readonly facts: readonly JobFact[];
}

/**
 * What the published messages of one job make of it; null without a completion. Jobs that share a request id are one,
 * which began with the first and is what the first completion says.
 */
export function jobOutcome(jobs: readonly PublishedJob[], wasReported: (atMs: number) => boolean): ExpectedJob | null {
  const all = jobs
    .flatMap(({ plan, facts }) => facts.map((fact) => ({ plan, fact })))
    .sort((a, b) => a.fact.eventMs - b.fact.eventMs || (a.fact.eventId < b.fact.eventId ? -1 : 1));
  let received: { plan: JobPlan; eventMs: number } | null = null;
  let llm: Extract<JobFact, { step: 'llm' }> | null = null;
  let completed: { plan: JobPlan; fact: Extract<JobFact, { step: 'completed' }> } | null = null;
  for (const { plan, fact } of all) {
    if (fact.step === 'received') received ??= { plan, eventMs: fact.eventMs };
    else if (fact.step === 'llm') llm ??= fact;
    else completed ??= { plan, fact };
  }
  if (completed === null) return null;
  const { plan, fact } = completed;
  const atMs = received?.eventMs ?? fact.eventMs;
  const isByoc = plan.kind === 'byoc';
  const isUnknown = !fact.namesOrchestrator;
  return {
    kind: 'job',
    org: plan.gateway.org,
    eventId: fact.eventId,
    jobKind: plan.kind,
    requestId: plan.requestId === '' ? null : plan.requestId,
    atMs,
    receivedMs: received?.eventMs ?? null,
    completedMs: fact.eventMs,
    outcome: fact.namesOrchestrator ? 'selected' : fact.errorType === 'no_orchestrators' ? 'no_orch' : 'unknown',
    isSuccess: fact.isSuccess,
    errorType: fact.errorType === '' ? null : fact.errorType,
    durationMs: fact.durationMs,
    tries: fact.tries,
    gateway: publicGateway(plan.gateway.host),
    orchestrator: isUnknown ? null : plan.orchestrator.address.toLowerCase(),
    pipeline: plan.surface.pipeline,
    // the worker that names a BYOC job's model is found by its orchestrator
    model: isByoc && isUnknown ? null : plan.model,
    attributionCertain: isUnknown || wasReported(atMs),
    llm:
      llm === null
        ? null
        : {
            isStreamed: llm.isStreamed,
            promptTokens: llm.promptTokens,
            completionTokens: llm.completionTokens,
            ttftMs: llm.ttftMs,
          },
  };
}
