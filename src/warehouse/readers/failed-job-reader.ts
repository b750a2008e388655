import type { Pool } from 'pg';
import { type CountedSpan, isCounted, WANTED_COLUMNS, wantedOf } from './contribution-reader.js';
import { FACET_COLUMNS } from './grain.js';
import { isoInstant } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';
import { JOB_COLUMNS, type JobListKey, type ListedJob } from './listed-jobs-reader.js';

/** The jobs behind a number of failures, of several numbers at once [LINEAGE-002]. */
export interface FailedJobQuery {
  readonly span: CountedSpan;
  readonly page: ListPage<JobListKey>;
}

const IS_FAILED = `${isCounted('bucket_start', { facets: FACET_COLUMNS.job_failure })}
    and c.failure_class <> ''`;
const BUCKET_MS = 300_000;
const KEY_COLUMNS = ['after', 'before'].map(
  (bound) => `${bound}_bucket timestamptz, ${bound}_at timestamptz, ${bound}_id text`,
);
const KEY = ['c.bucket_start', 'c.job_at', 'c.id'];

/** Pages of failed jobs, oldest first, each with one more than its limit when there is one; a statement per direction. */
export async function readFailedJobs(
  db: Pool,
  queries: readonly FailedJobQuery[],
): Promise<readonly (readonly ListedJob[])[]> {
  const pages = queries.map((): ListedJob[] => []);
  for (const isBackward of [false, true]) {
    const own = [...queries.entries()].filter(([, { page }]) => page.isBackward === isBackward);
    if (own.length === 0) continue;
    const { rows } = await db.query<ListedJob & { readonly n: number }>({
      name: `failed-job-reader/${isBackward ? 'last' : 'first'}`,
      text: pageSql(isBackward),
      values: [JSON.stringify(own.map(([n, query]) => questionOf(n, query)))],
    });
    for (const row of rows) pages[row.n]?.push(row);
  }
  return pages.map((page) => page.sort(compareJobs));
}

/** How many jobs each number of failures counts. */
export async function countFailedJobs(db: Pool, spans: readonly CountedSpan[]): Promise<readonly number[]> {
  const { rows } = await db.query<{ n: number; count: number }>({
    name: 'failed-job-reader/count',
    text: `select w.n, r.count
from jsonb_to_recordset($1::jsonb) as w (n integer, ${WANTED_COLUMNS})
cross join lateral (
  select count(*)::float8 as count
  from api.job as c
  where ${IS_FAILED}
) as r`,
    values: [JSON.stringify(spans.map((span, n) => ({ n, ...wantedOf(span) })))],
  });
  const counts = new Map(rows.map(({ n, count }) => [n, count]));
  return spans.map((_, n) => counts.get(n) ?? 0);
}

function pageSql(isBackward: boolean): string {
  const bound = (name: string): readonly string[] => [`w.${name}_bucket`, `w.${name}_at`, `w.${name}_id`];
  const { conditions, orderBy } = keysetSql(KEY, false, { isBackward, after: bound('after'), before: bound('before') });
  return `select w.n, r.*
from jsonb_to_recordset($1::jsonb) as w (n integer, ${WANTED_COLUMNS}, max_rows bigint, ${KEY_COLUMNS.join(', ')})
cross join lateral (
  select ${JOB_COLUMNS}
  from api.job as c
  where ${IS_FAILED}
    and (w.after_at is null or ${conditions[0]})
    and (w.before_at is null or ${conditions[1]})
  order by ${orderBy}
  limit w.max_rows
) as r`;
}

function questionOf(n: number, { span, page }: FailedJobQuery): object {
  return {
    ...{ n, ...wantedOf(span), max_rows: page.limit + 1 },
    ...boundOf('after', page.after),
    ...boundOf('before', page.before),
  };
}

function boundOf(name: string, key: JobListKey | null): object {
  if (key === null) return {};
  return {
    [`${name}_bucket`]: isoInstant(Math.floor(key.atMs / BUCKET_MS) * BUCKET_MS),
    [`${name}_at`]: isoInstant(key.atMs),
    [`${name}_id`]: key.id,
  };
}

function compareJobs(a: ListedJob, b: ListedJob): number {
  return a.jobAt.getTime() - b.jobAt.getTime() || (a.id < b.id ? -1 : 1);
}
