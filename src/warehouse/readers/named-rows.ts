import type { ClientBase } from 'pg';
import type { MessageTables } from '../message-tables.js';
import { columnList, readTableShape, recordset, rowsParameter } from '../rows.js';
import { type DifferenceRow, differencesOf, type RowDifference } from './row-difference.js';

/** A table whose rows are asked for by names, and how a row `t` is found by a name `q`. */
export interface NamedTable {
  readonly table: string;
  /** Columns of a name, camelCase as in its object. */
  readonly columns: string;
  readonly condition: string;
  /** What tells the rows apart. */
  readonly key: readonly string[];
  /** Columns that say when a row was written, not what it says. */
  readonly times?: readonly string[];
}

const JOB = { columns: 'org text, kind text, "jobKey" text', key: ['org', 'kind', 'job_key'] };
const JOB_CONDITION = 't.job_key = q."jobKey" and t.kind = q.kind and t.org = q.org';

export const NAMED_PAYMENTS: NamedTable = {
  table: 'core.payment',
  columns: 'org text, "eventId" text',
  condition: 't.event_id = q."eventId" and t.org = q.org',
  key: ['org', 'event_id'],
};
export const NAMED_JOBS: NamedTable = { ...JOB, table: 'core.job', condition: JOB_CONDITION };
/** The decisions in force of jobs. */
export const NAMED_JOB_DECISIONS: NamedTable = {
  ...JOB,
  table: 'core.job_decision',
  condition: `${JOB_CONDITION} and t.superseded_at is null`,
  times: ['decided_at', 'superseded_at'],
};
/** What is made of the messages of a kind. */
export const namedMessages = ({ core, parts }: MessageTables): NamedTable => ({
  table: core,
  columns: 'org text, "eventId" text',
  condition: 't.event_id = q."eventId" and t.org = q.org',
  key: ['org', 'event_id', ...parts],
});
/** The benchmarks of days. */
export const NAMED_BENCHMARK_DAYS: NamedTable = {
  table: 'core.benchmark_day',
  columns: 'day date',
  condition: 't.day = q.day',
  key: ['day', 'pipeline', 'model', 'kind'],
};
/** The runs of keys that are not final: sightings can still change them. */
export const NAMED_OPEN_RUNS: NamedTable = {
  table: 'core.capability_run',
  columns: 'org text, address text, uri text',
  condition: `t.org = q.org and t.address = q.address and t.uri = q.uri
    and (t.next_at is null or t.next_at >= (select f.raw_floor from work.floor as f))`,
  key: ['org', 'address', 'uri', 'first_at'],
};

// Lateral with `offset 0` for the reason given in session-event-reader.
const named = ({ table, columns, condition }: NamedTable, selected: string): string => `
select r.*
from jsonb_to_recordset($1::jsonb) as q (${columns})
cross join lateral (select ${selected} from ${table} as t where ${condition} offset 0) as r`;

/** The rows with some names, each as JSON text. */
export async function readNamedRows(
  client: ClientBase,
  table: NamedTable,
  names: readonly object[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ row: string }>(named(table, 'to_jsonb(t)::text as row'), [
    rowsParameter(names),
  ]);
  return rows.map(({ row }) => row);
}

/** How the stored rows with some names differ from the computed ones. */
export type NamedComparison = (
  names: readonly object[],
  computed: readonly object[],
) => Promise<readonly RowDifference[]>;

export async function createNamedComparison(client: ClientBase, table: NamedTable): Promise<NamedComparison> {
  const { columns: all } = await readTableShape(client, table.table);
  const columns = all.filter(({ name }) => table.times?.includes(name) !== true);
  const statement = {
    name: `named-rows/compare-${table.table}`,
    text: `
with computed as (select * from ${recordset('$2', columns)} as r),
stored as (${named(table, columnList(columns, 't'))})
${differencesOf(table.key)}`,
  };
  return async (names, computed) => {
    if (names.length === 0) return [];
    const values = [rowsParameter(names), rowsParameter(computed)];
    const { rows } = await client.query<DifferenceRow>({ ...statement, values });
    return rows.map((row) => ({ relation: table.table, ...row }));
  };
}
