import type { FailureSums, JobFailureSums, SwapSums } from '../resolvers/reasons.js';
import type { Builder } from './builder.js';

export type ReasonMetricTypes = ReturnType<typeof defineReasonMetrics>;

/** What sums over swaps and failures are called and mean. */
export function defineReasonMetrics(builder: Builder) {
  return {
    SwapMetrics: builder.objectRef<SwapSums>('SwapMetrics').implement({
      description: 'Numbers of swaps, each counted once, at its own instant. Additive over time.',
      fields: (t) => ({
        swapCount: t.expose('swapCount', { type: 'Count', description: 'Swaps; one session may have several.' }),
        requestedSwapCount: t.expose('requestedSwapCount', {
          type: 'Count',
          description: 'Swaps of requested sessions: the ones that swapped sessions are counted by.',
        }),
      }),
    }),
    JobFailureMetrics: builder.objectRef<JobFailureSums>('JobFailureMetrics').implement({
      description: 'Numbers of jobs that failed, each counted once at its instant. Additive over time.',
      fields: (t) => ({
        failureCount: t.expose('failureCount', { type: 'Count', description: 'Jobs.' }),
        failedCount: t.expose('failedCount', {
          type: 'Count',
          description: 'Those that say they failed, for want of an orchestrator too. As in jobMetrics.',
        }),
        noOrchestratorCount: t.expose('noOrchCount', {
          type: 'Count',
          description: 'Those that failed for want of an orchestrator: class NO_ORCH. As in jobMetrics.',
        }),
        llmFailedCount: t.expose('llmFailedCount', {
          type: 'Count',
          description: 'Those whose LLM event has an error, of any class. As `llm { failedCount }` of jobMetrics.',
        }),
      }),
    }),
    FailureMetrics: builder.objectRef<FailureSums>('FailureMetrics').implement({
      description: 'Numbers of requested sessions that failed or needed an excuse. Additive over time.',
      fields: (t) => ({
        failureCount: t.expose('failureCount', { type: 'Count', description: 'Sessions, excused ones too.' }),
        effectiveFailedCount: t.expose('effectiveFailedCount', {
          type: 'Count',
          description:
            'Those held against somebody: classes STARTUP_FAILED, LOADING_ONLY and ZERO_OUTPUT. As in networkDemand.',
        }),
        startupExcusedCount: t.expose('startupExcusedCount', {
          type: 'Count',
          description:
            'Those whose start-up failed with an excuse, as in networkDemand. One that had status samples and no output is effectively failed as well, and is in that class.',
        }),
      }),
    }),
  };
}
