import type { ClientBase } from 'pg';
import type { JobDecisionRow } from '../../domain/job-row.js';
import { type Refusal, writeAccepted } from '../accepted-write.js';
import { type Column, columnList, readTableShape, rowsParameter } from '../rows.js';
import { rowCopier } from './copy-rows.js';

export interface JobName {
  readonly org: string;
  readonly kind: string;
  readonly jobKey: string;
}

/** The decisions of a rebuild: collected by COPY, then made current all at once. In one transaction. */
export interface JobDecisionWriter {
  add(decisions: readonly JobDecisionRow[]): Promise<void>;
  /** Leaves the decision in force of some jobs as it is. */
  keep(jobs: readonly JobName[]): Promise<void>;
  /**
   * Changed decisions, and those of jobs at or after `floor` that are no more, are superseded; new ones added [FACT-003].
   * Answers the jobs whose decisions the database refuses: they keep the one in force.
   */
  replace(options: ReplaceOptions): Promise<readonly Refusal<JobName>[]>;
}

interface ReplaceOptions {
  readonly floor: Date;
  readonly decidedAt: Date;
}

const NEW = 'pg_temp.new_job_decision';
const KEPT = 'pg_temp.kept_job_decision';
const KEEP = `
insert into ${KEPT} select org, kind, "jobKey"
from jsonb_to_recordset($1::jsonb) as q (org text, kind text, "jobKey" text)`;
const SAME = (a: string, b: string): string =>
  `${a}.org = ${b}.org and ${a}.kind = ${b}.kind and ${a}.job_key = ${b}.job_key`;

export async function createJobDecisionWriter(client: ClientBase): Promise<JobDecisionWriter> {
  const shape = await readTableShape(client, 'core.job_decision');
  const given = shape.columns.filter(({ name }) => !['decided_at', 'superseded_at'].includes(name));
  // With the constraints of its table, so that what this would refuse is refused while its job is known.
  await client.query(`
create temp table new_job_decision (like core.job_decision including constraints) on commit drop;
alter table pg_temp.new_job_decision drop column decision_id, drop column decided_at, drop column superseded_at`);
  await client.query(`
create temp table kept_job_decision on commit drop as select org, kind, job_key from core.job_decision with no data`);
  const table = rowCopier({ ...shape, columns: given }, NEW);
  return {
    async add(decisions) {
      await table.copy(client, decisions);
    },
    async keep(jobs) {
      if (jobs.length > 0) await client.query(KEEP, [rowsParameter(jobs)]);
    },
    async replace(options) {
      await client.query('analyze new_job_decision');
      const inOneGo = await writeAccepted(client, [null], () => replaceDecisions(client, given, options, null));
      if (inOneGo.refused.length === 0) return [];
      const { rows: jobs } = await client.query<JobName>(DECIDED, [options.floor]);
      return (await writeAccepted(client, jobs, (some) => replaceDecisions(client, given, options, some))).refused;
    },
  };
}

const DECIDED = `
select org, kind, job_key as "jobKey" from ${NEW}
union
select org, kind, job_key from core.job_decision where superseded_at is null and job_at >= $1`;

/** The decisions of some jobs, or of all in one go. */
async function replaceDecisions(
  client: ClientBase,
  given: readonly Column[],
  { floor, decidedAt }: ReplaceOptions,
  jobs: readonly JobName[] | null,
): Promise<void> {
  const content = given.filter(({ name }) => !['org', 'kind', 'job_key'].includes(name));
  const among = (alias: string, parameter: string): string =>
    jobs === null
      ? ''
      : `and exists (select from jsonb_to_recordset(${parameter}::jsonb) as q (org text, kind text, "jobKey" text)
          where q."jobKey" = ${alias}.job_key and q.kind = ${alias}.kind and q.org = ${alias}.org)`;
  const names = jobs === null ? [] : [rowsParameter(jobs)];
  await client.query(
    `
update core.job_decision as t
set superseded_at = $2
where t.superseded_at is null and t.job_at >= $1 ${among('t', '$3')}
  and not exists (
    select from ${NEW} as n
    where ${SAME('t', 'n')} and (${columnList(content, 't')}) is not distinct from (${columnList(content, 'n')})
  )
  and not exists (select from ${KEPT} as k where ${SAME('t', 'k')})`,
    [floor, decidedAt, ...names],
  );
  await client.query(
    `
insert into core.job_decision (${columnList(given)}, decided_at)
select ${columnList(given, 'n')}, $1
from ${NEW} as n
where not exists (select from core.job_decision as t where ${SAME('t', 'n')} and t.superseded_at is null) ${among('n', '$2')}`,
    [decidedAt, ...names],
  );
}
