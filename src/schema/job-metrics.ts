import {
  averageTokenRate,
  averageTokens,
  type JobSums,
  jobSelection,
  jobSuccess,
  type LlmSums,
  llmSuccess,
} from '../resolvers/jobs.js';
import type { Builder } from './builder.js';
import type { MetricTypes } from './metrics.js';
import type { Values } from './values.js';

/** What sums over jobs are called and mean. */
export function defineJobMetrics(builder: Builder, values: Values, { LatencyMetrics }: MetricTypes) {
  const Llm = builder.objectRef<LlmSums>('LlmMetrics').implement({
    description: 'Numbers of the AI batch jobs with an LLM event.',
    fields: (t) => ({
      requestCount: t.expose('requestCount', { type: 'Count', description: 'Jobs with an LLM event.' }),
      failedCount: t.expose('failedCount', { type: 'Count', description: 'Those whose LLM event has an error.' }),
      successRatio: t.field({
        type: values.Metric,
        description: 'Share of LLM events without an error, 0–1; null without any.',
        resolve: llmSuccess,
      }),
      timeToFirstToken: t.expose('ttft', { type: LatencyMetrics, description: 'Time to the first token.' }),
      averageTokensPerSecond: t.field({
        type: values.Metric,
        description: 'Mean of the token rates; null without any.',
        resolve: averageTokenRate,
      }),
      averageTotalTokens: t.field({
        type: values.Metric,
        description: 'Mean tokens of prompt and completion together; null when no event says.',
        resolve: averageTokens,
      }),
      promptTokenCount: t.field({
        type: 'Count',
        description: 'Tokens of all prompts.',
        resolve: ({ promptTokensSum }) => Number(promptTokensSum),
      }),
      completionTokenCount: t.field({
        type: 'Count',
        description: 'Tokens of all completions.',
        resolve: ({ completionTokensSum }) => Number(completionTokensSum),
      }),
    }),
  });
  return builder.objectRef<JobSums>('JobMetrics').implement({
    description: 'Numbers of jobs, each counted once at its instant: received, else completed. Additive over time.',
    fields: (t) => ({
      jobCount: t.expose('jobCount', { type: 'Count', description: 'Jobs.' }),
      selectedCount: t.expose('selectedCount', { type: 'Count', description: 'Jobs that name an orchestrator.' }),
      noOrchestratorCount: t.expose('noOrchCount', {
        type: 'Count',
        description: 'AI batch jobs that failed for want of an orchestrator; BYOC jobs never say so.',
      }),
      unknownCount: t.expose('unknownCount', {
        type: 'Count',
        description: 'Jobs that name no orchestrator and do not say why.',
      }),
      successCount: t.expose('successCount', { type: 'Count', description: 'Jobs that say they succeeded.' }),
      failedCount: t.expose('failedCount', { type: 'Count', description: 'Jobs that say they failed.' }),
      successRatio: t.field({
        type: values.Metric,
        description: 'Share of jobs that succeeded, of those that say whether they did, 0–1; null when none does.',
        resolve: jobSuccess,
      }),
      selectedRatio: t.field({
        type: values.Metric,
        description: 'Share of jobs that an orchestrator was selected for, 0–1; null without jobs.',
        resolve: jobSelection,
      }),
      duration: t.expose('duration', {
        type: LatencyMetrics,
        description: 'How long jobs took, well or not, as their gateways say.',
      }),
      llm: t.expose('llm', { type: Llm, description: 'What LLM events say of the same jobs.' }),
    }),
  });
}
