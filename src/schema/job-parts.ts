import type { JobDecision, ListedJob } from '../resolvers/jobs.js';
import { metric } from '../resolvers/metric.js';
import type { DecisionInterface } from './attribution-decision.js';
import type { Builder } from './builder.js';
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
export function defineJobDecision(builder: Builder, decision: DecisionInterface) {
  return builder.objectRef<JobDecision>('JobDecision').implement({
    description: 'An attribution decision about a job, in force or superseded.',
    interfaces: [decision],
  });
}
