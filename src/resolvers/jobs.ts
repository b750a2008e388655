import type { JobKind } from '../domain/job.js';
import type { JobFailureClass, JobFailureReason } from '../domain/job-failure.js';
import type { SelectionOutcome as JobOutcome } from '../domain/resolved-rows.js';
import { AppError } from '../errors.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import { type JobSums, type LlmSums, readJobMetrics } from '../warehouse/readers/job-metrics-reader.js';
import {
  countJobs,
  type JobDecision,
  type JobFilter,
  type JobListKey,
  type ListedJob,
  readJob,
  readListedJobs,
} from '../warehouse/readers/listed-jobs-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource, once } from './grouped-answer.js';
import { DIMENSIONS, type GroupingArgs, resolveGrouping } from './grouping.js';
import { type Metric, metric, ratioMetric } from './metric.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { listBounds, type RangeArgument, ROLLUP_BUCKETS } from './range.js';

export type { JobDecision, JobKind, JobOutcome, JobSums, ListedJob, LlmSums };

export interface JobListArgs extends PageArgs, Pick<GroupingArgs, 'where'> {
  readonly jobIn?: RangeArgument | null | undefined;
  readonly kind?: JobKind | null | undefined;
  readonly outcome?: JobOutcome | null | undefined;
  readonly isSuccess?: boolean | null | undefined;
  readonly failureClasses?: readonly JobFailureClass[] | null | undefined;
  readonly failureReasons?: readonly JobFailureReason[] | null | undefined;
  readonly capability?: string | null | undefined;
  readonly requestId?: string | null | undefined;
  readonly ascending?: boolean | null | undefined;
}

export interface JobPage extends Page<ListedJob> {
  readonly totalCount: () => Promise<number>;
}

/** A page of jobs, newest first unless asked otherwise: one statement. */
export async function jobs(context: ApiContext, args: JobListArgs): Promise<JobPage> {
  const filter = jobFilter(args);
  const isDescending = !(args.ascending ?? false);
  const key: PageKey<ListedJob> = {
    fingerprint: listFingerprint('jobs', { ...argsOfFilter(args), isDescending }),
    shape: ['number', 'string'],
    of: ({ jobAt, id }) => [jobAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const rows = await readListedJobs(context.db, {
    filter,
    isDescending,
    page: { ...request, after: jobKeyOf(request.after), before: jobKeyOf(request.before) },
  });
  return { ...pageOf(rows, request, key), totalCount: once(() => countJobs(context.db, filter)) };
}

/** The job with a public id; null when there is none. */
export function job({ db }: ApiContext, id: string): Promise<ListedJob | null> {
  return readJob(db, id);
}

/** Jobs do not say whether they are test traffic, so that there is nothing to choose. */
export interface JobMetricsArgs extends Omit<GroupedArgs, 'synthetic'> {
  readonly kind?: JobKind | null | undefined;
}

export const JOBS: GroupedSource<JobSums> = {
  field: 'jobMetrics',
  keys: keysOfRollup('job'),
  buckets: ROLLUP_BUCKETS,
  finestUnasked: 'MINUTE_5',
  read: readJobMetrics,
  weight: (sums) => sums.jobCount,
};

/** Jobs at any grain and kind, each counted once at its instant, most jobs first [domain 4.2]. */
export function jobMetrics(context: ApiContext, args: JobMetricsArgs): Promise<GroupedAnswer<JobSums>> {
  return answerGrouped(context, { ...JOBS, wanted: { KIND: args.kind ? [args.kind] : [] } }, args);
}

/** Share of jobs that succeeded, of those that say whether they did; null when none does. */
export function jobSuccess({ successCount, failedCount }: JobSums): Metric {
  return ratioMetric(successCount, successCount + failedCount);
}

/** Share of jobs that an orchestrator was selected for; null without jobs. */
export function jobSelection({ selectedCount, jobCount }: JobSums): Metric {
  return ratioMetric(selectedCount, jobCount);
}

/** Share of LLM requests without an error; null without requests. */
export function llmSuccess({ requestCount, failedCount }: LlmSums): Metric {
  return ratioMetric(requestCount - failedCount, requestCount);
}

/** Mean tokens per second of the requests that carry a rate; null without. */
export function averageTokenRate({ tokensPerSecondSum, tokensPerSecondSampleCount: count }: LlmSums): Metric {
  return metric('TOKENS_PER_SECOND', count > 0 ? Number(tokensPerSecondSum) / count : null, count);
}

/** Mean tokens of prompt and completion of the requests that say; null without. */
export function averageTokens({ totalTokensSum, totalTokensSampleCount: count }: LlmSums): Metric {
  return metric('TOKENS', count > 0 ? Number(totalTokensSum) / count : null, count);
}

function jobFilter(args: JobListArgs): JobFilter {
  const { capability } = args;
  const bounds = listBounds(args.jobIn);
  if (capability && args.kind === 'ai_batch') {
    throw new AppError('INVALID_ARGUMENT', 'capability was given with kind AI_BATCH, wanted BYOC or no kind');
  }
  const { filter } = resolveGrouping({ where: args.where }, { field: 'jobs', keys: DIMENSIONS });
  const kind = capability ? 'byoc' : (args.kind ?? null);
  return {
    grain: filter,
    synthetic: 'INCLUDE',
    ...bounds,
    kind,
    outcome: args.outcome ?? null,
    isSuccess: args.isSuccess ?? null,
    failureClasses: listOrNull(args.failureClasses),
    failureReasons: listOrNull(args.failureReasons),
    capability: capability ?? null,
    requestId: args.requestId ?? null,
  };
}

/** An empty list keeps everything, as in `where`. */
function listOrNull<Value>(values: readonly Value[] | null | undefined): readonly Value[] | null {
  return values && values.length > 0 ? values : null;
}

function argsOfFilter({ first, after, last, before, ascending, ...filter }: JobListArgs): object {
  return filter;
}

/** The position that a cursor of a list of jobs names. */
export function jobKeyOf(key: CursorKey | null): JobListKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
