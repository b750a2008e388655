import type { JobDecision, ListedJob } from '../resolvers/jobs.js';
import { metric } from '../resolvers/metric.js';
import { decisionSightings } from '../resolvers/session-detail.js';
import type { Builder } from './builder.js';
import type { SessionEnums } from './session-enums.js';
import type { SightingRef } from './session-parts.js';
import type { Values } from './values.js';

/** LLM measures of a job. */
export function defineJobLlm(builder: Builder, values: Values) {
  return builder.objectRef<ListedJob>('JobLlm').implement({
    description: 'What the LLM event of a job’s request says.',
    fields: (t) => {
      const tokens = (description: string, of: (row: ListedJob) => number | null) =>
        t.field({ type: 'Count', nullable: true, description, resolve: of });
      const measure = (
        unit: 'MILLISECONDS' | 'TOKENS_PER_SECOND',
        description: string,
        of: (row: ListedJob) => number | null,
      ) =>
        t.field({
          type: values.Metric,
          description,
          resolve: (row) => metric(unit, of(row), of(row) === null ? 0 : 1),
        });
      return {
        isStreamed: t.boolean({
          description: 'Whether the answer was streamed.',
          resolve: ({ isLlmStreamed }) => isLlmStreamed === true,
        }),
        promptTokenCount: tokens('Tokens of the prompt; null when not said.', (row) => row.promptTokens),
        completionTokenCount: tokens('Tokens of the answer; null when not said.', (row) => row.completionTokens),
        totalTokenCount: tokens('Tokens of both; null when not said.', (row) => row.totalTokens),
        timeToFirstTokenMs: measure(
          'MILLISECONDS',
          'Time to the first token; null when not said.',
          (row) => row.ttftMs,
        ),
        tokensPerSecond: measure(
          'TOKENS_PER_SECOND',
          'Tokens per second; null when not said.',
          (row) => row.tokensPerSecond,
        ),
        durationMs: measure('MILLISECONDS', 'Time the LLM took; null when not said.', (row) => row.llmDurationMs),
        error: t.string({
          nullable: true,
          description: 'What went wrong, addresses masked; null for none.',
          resolve: ({ llmError }) => llmError || null,
        }),
      };
    },
  });
}

/** Attribution decisions of a job. */
export function defineJobDecision(
  builder: Builder,
  { Attribution, Method, Reason, Confidence }: SessionEnums,
  sighting: SightingRef,
) {
  return builder.objectRef<JobDecision>('JobDecision').implement({
    description: 'An attribution decision about a job, in force or superseded.',
    fields: (t) => {
      const text = (description: string, of: (decision: JobDecision) => string) =>
        t.string({ nullable: true, description, resolve: (decision) => of(decision) || null });
      return {
        outcome: t.expose('outcome', { type: Attribution.type, description: 'What was decided.' }),
        method: t.expose('method', { type: Method.type, description: 'What the orchestrator was matched by.' }),
        reason: t.expose('reason', { type: Reason.type, description: 'Why the outcome is what it is.' }),
        confidence: t.expose('confidence', { type: Confidence.type, description: 'How far to trust it.' }),
        orchestratorAddress: text('Canonical on-chain address; null when not safe.', (one) => one.orchestratorAddress),
        pipeline: text('Pipeline or capability; null when unknown.', (one) => one.pipeline),
        model: text('Model; null when unknown.', (one) => one.model),
        gpuId: text('Public GPU id; null when unknown or one of several.', (one) => one.gpuId),
        sightings: t.field({
          type: [sighting],
          description: 'Capability reports it rests on.',
          resolve: decisionSightings,
        }),
        isCurrent: t.boolean({
          description: 'Whether it is in force.',
          resolve: ({ supersededAt }) => supersededAt === null,
        }),
        decidedAt: t.expose('decidedAt', { type: 'DateTime', description: 'When it was made.' }),
        supersededAt: t.expose('supersededAt', {
          type: 'DateTime',
          nullable: true,
          description: 'When another replaced it; null while in force.',
        }),
      };
    },
  });
}
