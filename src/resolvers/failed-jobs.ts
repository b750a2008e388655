import DataLoader from 'dataloader';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import { countFailedJobs, type FailedJobQuery, readFailedJobs } from '../warehouse/readers/failed-job-reader.js';
import type { ApiContext } from './context.js';
import { listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { type JobPage, jobKeyOf, type ListedJob } from './jobs.js';
import { type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

/** Fields of one answer that ask for the jobs in their numbers of failures share statements. */
export interface FailedJobLoaders {
  readonly pages: DataLoader<FailedJobQuery, readonly ListedJob[]>;
  readonly count: DataLoader<CountedSpan, number>;
}

export function createFailedJobLoaders(db: ApiContext['db']): FailedJobLoaders {
  return {
    pages: new DataLoader((queries) => readFailedJobs(db, queries), { cache: false }),
    count: new DataLoader((spans) => countFailedJobs(db, spans), { cache: false }),
  };
}

/** A page of the jobs that a number of failures counts, oldest first: each is a part of 1. */
export async function failedJobs({ loaders }: ApiContext, span: CountedSpan, args: PageArgs): Promise<JobPage> {
  const { pages, count } = loaders.failedJobs;
  const key: PageKey<ListedJob> = {
    fingerprint: listFingerprint('failedJobs', { span }),
    shape: ['number', 'string'],
    of: ({ jobAt, id }) => [jobAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const rows = await pages.load({
    span,
    page: { ...request, after: jobKeyOf(request.after), before: jobKeyOf(request.before) },
  });
  return { ...pageOf(rows, request, key), totalCount: once(() => count.load(span)) };
}
