import type { Pool } from 'pg';

export interface Tampering {
  /** Those of one round are seen by one verification, so that no two of them may change a rollup of each other. */
  readonly round: 0 | 1;
  readonly table: string;
  readonly column: string;
  readonly change: string;
  readonly undo: string;
  readonly row?: string;
  readonly alsoIn?: readonly string[];
}
/** One value of each table that the resolver writes, and of a rollup; a rollup also differs from a changed source. */
export const TAMPERINGS: readonly Tampering[] = [
  { round: 0, table: 'core.session', column: 'error_count', change: 'error_count + 1', undo: 'error_count - 1' },
  { round: 0, table: 'core.segment', column: 'service_ms', change: 'service_ms + 1', undo: 'service_ms - 1' },
  { round: 0, table: 'core.swap', column: 'reason', change: `reason || '!'`, undo: `rtrim(reason, '!')` },
  {
    round: 1,
    table: 'core.swap',
    column: 'is_requested',
    change: 'not is_requested',
    undo: 'not is_requested',
    alsoIn: ['rollup.swap_1h', 'rollup.swap_5m'],
  },
  {
    round: 0,
    table: 'core.decision',
    column: 'model',
    change: `model || '!'`,
    undo: `rtrim(model, '!')`,
    row: 'superseded_at is null',
  },
  {
    round: 0,
    table: 'core.session_start',
    column: 'known_count',
    change: 'known_count + 1',
    undo: 'known_count - 1',
    alsoIn: ['rollup.demand_1h', 'rollup.demand_5m'],
  },
  {
    round: 1,
    table: 'core.session_start',
    column: 'failure_reason',
    change: `failure_reason || '!'`,
    undo: `rtrim(failure_reason, '!')`,
    row: `failure_class <> ''`,
    alsoIn: ['rollup.failure_1h', 'rollup.failure_5m'],
  },
  {
    round: 0,
    table: 'core.session_bucket_5m',
    column: 'fps_sum',
    change: 'fps_sum + 0.000001',
    undo: 'fps_sum - 0.000001',
    row: 'not is_tail',
    alsoIn: ['rollup.service_5m'],
  },
  {
    round: 0,
    table: 'core.session_bucket_1h',
    column: 'service_ms_sum',
    change: 'service_ms_sum + 1',
    undo: 'service_ms_sum - 1',
    row: 'not is_tail',
    alsoIn: ['rollup.service_1h'],
  },
  {
    round: 0,
    table: 'core.session_slice',
    column: 'fold_version',
    change: 'fold_version + 1',
    undo: 'fold_version - 1',
  },
  { round: 0, table: 'core.payment', column: 'price', change: `price || '!'`, undo: `rtrim(price, '!')` },
  { round: 0, table: 'core.job', column: 'error', change: `error || '!'`, undo: `rtrim(error, '!')` },
  {
    round: 0,
    table: 'core.ticket',
    column: 'missing_count',
    change: 'missing_count + 1',
    undo: 'missing_count - 1',
    alsoIn: ['rollup.ticket_1h', 'rollup.ticket_5m'],
  },
  { round: 0, table: 'core.byoc_auth', column: 'error', change: `error || '!'`, undo: `rtrim(error, '!')` },
  {
    round: 1,
    table: 'core.byoc_worker',
    column: 'price_per_unit',
    change: 'price_per_unit + 1',
    undo: 'price_per_unit - 1',
    alsoIn: ['rollup.byoc_worker_1h', 'rollup.byoc_worker_5m'],
  },
  {
    round: 0,
    table: 'core.job_decision',
    column: 'reason',
    change: `reason || '!'`,
    undo: `rtrim(reason, '!')`,
    row: 'superseded_at is null',
  },
  {
    round: 0,
    table: 'core.capability_run',
    column: 'last_at',
    change: `last_at + interval '1 ms'`,
    undo: `last_at - interval '1 ms'`,
  },
  {
    round: 1,
    table: 'rollup.service_1h',
    column: 'requested_count',
    change: 'requested_count + 1',
    undo: 'requested_count - 1',
    alsoIn: ['rollup.service_1d'],
  },
];

/** The values that identify one row of a table. */
export async function keyOf(pool: Pool, table: string, where = 'true'): Promise<Record<string, unknown>> {
  const names = await pool.query<{ name: string }>(
    `select a.attname as name
     from pg_index as i join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
     where i.indrelid = $1::regclass and i.indisprimary`,
    [table],
  );
  const columns = KEYS[table] ?? names.rows.map(({ name }) => name);
  const { rows } = await pool.query<Record<string, unknown>>(
    `select ${columns.join(', ')} from ${table} where ${where} order by ${columns.join(', ')} offset 3 limit 1`,
  );
  return rows[0] ?? {};
}

/** Where the primary key is a number of its own, or none. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  'core.decision': ['org', 'session_key', 'ordinal'],
  'core.payment': ['org', 'event_id'],
  'core.ticket': ['org', 'event_id'],
  'core.byoc_auth': ['org', 'event_id'],
  'core.byoc_worker': ['org', 'event_id'],
  'core.job': ['org', 'kind', 'job_key'],
  'core.job_decision': ['org', 'kind', 'job_key'],
  'rollup.service_1h': ['bucket_start', 'grain_id'],
};
