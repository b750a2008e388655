import { expect } from 'vitest';
import { createLog } from '../../../src/log.js';
import { readEngine } from '../../../src/warehouse/engines/engine.js';
import { refreshRollups } from '../../../src/warehouse/rollup-refresher.js';
import { readReleaseRollups } from '../../../src/warehouse/rollup-release.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';

const log = createLog({ level: 'silent', format: 'json' });
const ROWS_PER_STATEMENT = 2_000;

/** Brings every row that is not computed from others to another warehouse; numbers travel as text, never rounded. */
export async function copyWarehouse(from: SqlSession, to: SqlSession): Promise<void> {
  const instants = await from.query<{ days: Date[] }>(`
    select array_agg(distinct date_trunc('day', at, 'UTC')) as days
    from (
      select event_at as at from raw.event union all select event_at from fact.session_event
      union all select bucket_start from core.session_start union all select bucket_start from core.session_bucket_5m
      union all select bucket_start from core.session_bucket_1h union all select slice_start from core.session_slice
    ) as t`);
  await to.query('select naap.ensure_storage($1::timestamptz[])', [instants.rows[0]?.days ?? []]);
  const { rows: tables } = await from.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('config', 'raw', 'work', 'fact', 'core') and c.relkind in ('r', 'p') and not c.relispartition
    order by exists (select from pg_constraint as k where k.contype = 'f' and k.conrelid = c.oid), c.oid`);
  await to.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
  for (const { name } of tables) {
    const { rows } = await from.query<{ batch: string }>(
      `select json_agg(s.t)::text as batch
       from (select t, (row_number() over () - 1) / ${ROWS_PER_STATEMENT} as n from ${name} as t) as s
       group by s.n order by s.n`,
    );
    for (const { batch } of rows) {
      await to.query(
        `insert into ${name} overriding system value select * from jsonb_populate_recordset(null::${name}, $1::jsonb)`,
        [batch],
      );
    }
  }
  await moveSequences(to);
}

/** Copied numbers came with the rows; the next one must be new. */
async function moveSequences(to: SqlSession): Promise<void> {
  const { rows } = await to.query<{ table: string; column: string }>(`
    select format('%I.%I', n.nspname, c.relname) as table, a.attname as column
    from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
    where a.attidentity <> '' and n.nspname in ('config', 'raw', 'work', 'core')`);
  for (const { table, column } of rows) {
    await to.query(
      `select setval(pg_get_serial_sequence('${table}', '${column}'), 1 + (select coalesce(max(${column}), 0) from ${table}))`,
    );
  }
}

export async function refreshAll(session: SqlSession, asOf: Date): Promise<void> {
  const [engine, rollups] = await Promise.all([readEngine(session), readReleaseRollups()]);
  await refreshRollups({ session, engine, rollups, asOf, log, ignoresPace: true });
}

/** Names of all relations that the engines must agree on: stored rollups and every view of api. */
async function comparedRelations(session: SqlSession): Promise<readonly string[]> {
  const { rows } = await session.query<{ name: string }>(`
    select 'rollup.' || name as name from naap.rollup
    union all select 'rollup.' || name || '_fresh' from naap.rollup
    union all select 'api.' || viewname from pg_views where schemaname = 'api'
    order by 1`);
  return rows.map(({ name }) => name);
}

/** Compares every rollup and api relation row by row, or those that `isCompared`; answers how many rows each has. */
export async function expectSameAnswers(
  one: SqlSession,
  other: SqlSession,
  isCompared: (relation: string) => boolean = () => true,
): Promise<Readonly<Record<string, number>>> {
  expect(await comparedRelations(other)).toEqual(await comparedRelations(one));
  const names = (await comparedRelations(one)).filter(isCompared);
  const counts: Record<string, number> = {};
  for (const name of names) {
    const [ones, others] = [await rowsOf(one, name), await rowsOf(other, name)];
    expect(others, name).toEqual(ones);
    counts[name] = ones.length;
  }
  return counts;
}

async function rowsOf(session: SqlSession, relation: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ line: string }>(
    `select to_jsonb(t)::text as line from ${relation} as t order by 1`,
  );
  return rows.map(({ line }) => line);
}
