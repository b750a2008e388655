import type { ClientBase } from 'pg';
import type { JobDecisionRow, ResolvedJob } from '../../domain/job-row.js';
import { columnList, readTableShape, recordset, rowsParameter, type TableShape, upsert } from '../rows.js';
import { type JobMark, nameOfMark } from './job-mark-store.js';

export interface JobStore {
  /**
   * Makes the stored rows of the jobs equal to the resolved ones, leaving alone those that began before `floor`: their
   * events are gone in part. Answers the buckets whose rows were written, changed or removed.
   */
  write(client: ClientBase, jobs: readonly ResolvedJob[], options: JobWriteOptions): Promise<Date[]>;
  /**
   * Removes what is stored of jobs that have no completion, but for those from before the raw floor, wherever that is by
   * then: theirs is gone. Answers their buckets.
   */
  remove(client: ClientBase, jobs: readonly JobMark[], decidedAt: Date): Promise<Date[]>;
}

export interface JobWriteOptions {
  readonly floor: Date;
  /** When decisions that change were made. */
  readonly decidedAt: Date;
}

// An event of a job cannot be further from its others than this; so no more storage is looked into.
const READ_STORED = {
  name: 'job-store/read-stored',
  text: `
select t.org, t.kind, t.job_key as "jobKey", t.bucket_start as "bucketStart"
from jsonb_to_recordset($1::jsonb) as q (org text, kind text, "jobKey" text)
cross join lateral (
  select * from core.job as j
  where j.job_key = q."jobKey" and j.kind = q.kind and j.org = q.org and j.bucket_start >= $2::timestamptz - interval '7 days'
  offset 0
) as t`,
};
const REMOVE_MOVED = {
  name: 'job-store/remove-moved',
  text: `
delete from core.job as t
using jsonb_to_recordset($1::jsonb) as q (org text, kind text, "jobKey" text, "bucketStart" timestamptz)
where t.job_key = q."jobKey" and t.bucket_start = q."bucketStart" and t.kind = q.kind and t.org = q.org`,
};

const REMOVE = {
  name: 'job-store/remove',
  text: `
with removed as (
  delete from core.job as t
  using jsonb_to_recordset($1::jsonb) as q (org text, kind text, "jobKey" text)
  cross join work.floor as w
  where t.job_key = q."jobKey" and t.kind = q.kind and t.org = q.org
    and t.bucket_start >= w.raw_floor and t.completed_at >= w.raw_floor
  returning t.org, t.kind, t.job_key, t.bucket_start
),
superseded as (
  update core.job_decision as d
  set superseded_at = $2
  from removed as r
  where d.org = r.org and d.kind = r.kind and d.job_key = r.job_key and d.superseded_at is null
)
select distinct bucket_start from removed`,
};

interface StoredJob {
  readonly org: string;
  readonly kind: string;
  readonly jobKey: string;
  readonly bucketStart: Date;
}

/** Which of some jobs began before `floor`: they stay as they are stored, since a part of their events may be gone. */
export async function readFrozenJobs(
  client: ClientBase,
  jobs: readonly JobMark[],
  floor: Date,
): Promise<(job: JobMark) => boolean> {
  const { rows } = await client.query<StoredJob>({
    ...READ_STORED,
    values: [rowsParameter(jobs.map(nameOfMark)), floor],
  });
  const frozen = new Set(rows.filter(({ bucketStart }) => bucketStart < floor).map(nameOf));
  return (job) => frozen.has(nameOf(nameOfMark(job)));
}

export async function createJobStore(client: Pick<ClientBase, 'query'>): Promise<JobStore> {
  const shape = await readTableShape(client, 'core.job');
  const decisions = decisionStatements(await readTableShape(client, 'core.job_decision'));
  const writeJobs = { name: 'job-store/write', text: upsert(shape, recordset('$1', shape.columns), 't.bucket_start') };

  return {
    async write(session, jobs, { floor, decidedAt }) {
      if (jobs.length === 0) return [];
      const names = rowsParameter(jobs.map(({ row: { org, kind, jobKey } }) => ({ org, kind, jobKey })));
      const { rows: stored } = await session.query<StoredJob>({ ...READ_STORED, values: [names, floor] });
      const frozen = new Set(stored.filter(({ bucketStart }) => bucketStart < floor).map(nameOf));
      const live = jobs.filter(({ row }) => !frozen.has(nameOf(row)));
      if (live.length === 0) return [];
      const bucketOf = new Map(live.map(({ row }) => [nameOf(row), row.bucketStart.getTime()]));
      const moved = stored.filter((one) => {
        const bucket = bucketOf.get(nameOf(one));
        return bucket !== undefined && bucket !== one.bucketStart.getTime();
      });
      if (moved.length > 0) await session.query({ ...REMOVE_MOVED, values: [rowsParameter(moved)] });
      const written = await session.query<{ bucket_start: Date }>({
        ...writeJobs,
        values: [rowsParameter(live.map(({ row }) => row))],
      });
      await writeDecisions(session, live, decidedAt);
      const changed = [...moved.map(({ bucketStart }) => bucketStart), ...written.rows.map((row) => row.bucket_start)];
      return [...new Set(changed.map((at) => at.getTime()))].map((ms) => new Date(ms));
    },
    async remove(session, jobs, decidedAt) {
      if (jobs.length === 0) return [];
      const { rows } = await session.query<{ bucket_start: Date }>({
        ...REMOVE,
        values: [rowsParameter(jobs.map(nameOfMark)), decidedAt],
      });
      return rows.map((row) => row.bucket_start);
    },
  };

  async function writeDecisions(session: ClientBase, jobs: readonly ResolvedJob[], decidedAt: Date): Promise<void> {
    const made: JobDecisionRow[] = jobs.flatMap(({ decision }) => decision ?? []);
    const undecided = jobs.filter(({ decision }) => decision === null).map(({ row }) => row);
    const gone = rowsParameter(undecided.map(({ org, kind, jobKey }) => ({ org, kind, jobKey })));
    const rows = rowsParameter(made);
    await session.query({ ...decisions.supersedeChanged, values: [rows, decidedAt] });
    if (undecided.length > 0) await session.query({ ...decisions.supersedeGone, values: [gone, decidedAt] });
    await session.query({ ...decisions.insert, values: [rows, decidedAt] });
  }
}

function nameOf({
  org,
  kind,
  jobKey,
}: {
  readonly org: string;
  readonly kind: string;
  readonly jobKey: string;
}): string {
  return [org, kind, jobKey].join('\u001f');
}

const SAME_JOB = (a: string, b: string, key = 'job_key'): string =>
  `${a}.org = ${b}.org and ${a}.kind = ${b}.kind and ${a}.job_key = ${b}.${key}`;

/** A changed decision supersedes the current one, an identical one writes nothing [FACT-003]. */
function decisionStatements(shape: TableShape) {
  const given = shape.columns.filter(({ name }) => !['decided_at', 'superseded_at'].includes(name));
  const content = given.filter(({ name }) => !['org', 'kind', 'job_key'].includes(name));
  const input = recordset('$1', given);
  return {
    supersedeChanged: {
      name: 'job-store/supersede-changed-decisions',
      text: `
update core.job_decision as t
set superseded_at = $2
from ${input} as i
where ${SAME_JOB('t', 'i')} and t.superseded_at is null
  and (${columnList(content, 't')}) is distinct from (${columnList(content, 'i')})`,
    },
    supersedeGone: {
      name: 'job-store/supersede-gone-decisions',
      text: `
update core.job_decision as t
set superseded_at = $2
from jsonb_to_recordset($1::jsonb) as q (org text, kind text, "jobKey" text)
where ${SAME_JOB('t', 'q', '"jobKey"')} and t.superseded_at is null`,
    },
    insert: {
      name: 'job-store/insert-decisions',
      text: `
insert into core.job_decision (${columnList(given)}, decided_at)
select ${columnList(given, 'i')}, $2
from ${input} as i
where not exists (
  select
  from core.job_decision as t
  where ${SAME_JOB('t', 'i')} and t.superseded_at is null
)`,
    },
  };
}
