import type { Log } from '../log.js';
import { inTransaction, type SqlSession } from './sql-session.js';

export interface RetentionOptions {
  /** A connection of naap_owner for this alone; it must hold REFRESH_LOCK. */
  readonly session: SqlSession;
  readonly asOf: Date;
  readonly log: Log;
}

export interface RetentionReport {
  /** Partitions or chunks dropped, by table. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** No floor comes nearer, whatever the policy says, so that questions about these days need not ask where it is. */
export const LEAST_RETENTION_DAYS = 2;

/** Which tables a retention empties: every table stored by time belongs to one of these, a new one by its schema. */
const TABLES = {
  raw: tablesWhere(
    "schema_name = 'fact' or (schema_name, table_name) in (('raw', 'event'), ('core', 'session_slice'))",
  ),
  rollup5m: tablesWhere("schema_name = 'rollup' and table_name like '%\\_5m'"),
  core: tablesWhere(
    "schema_name = 'core' and table_name <> 'session_slice' or schema_name = 'rollup' and table_name not like '%\\_5m'",
  ),
};

/** Floors are whole UTC days, so that a daily bucket lies above or below one as a whole, and they never go back. */
const MOVE_FLOOR = {
  raw: moveFloor('raw_floor', 'raw_retention_days'),
  core: moveFloor('core_floor', 'core_retention_days'),
  rollup5m: moveFloor('rollup_5m_floor', 'rollup_5m_retention_days'),
};
/** Whole days again, so that storage goes by the piece; today counts as one of them, nothing is kept for longer. */
const SET_ASIDE_BEFORE = `
  select date_trunc('day', $1::timestamptz, 'UTC') - make_interval(days => p.set_aside_retention_days - 1) as at
  from config.policy as p`;
const SCORES_5M_BEFORE = `select ${keptSince('score_5m_retention_days')} as at from config.policy as p`;

const OLD_SESSIONS = ['core.segment', 'core.decision', 'core.session_identity', 'core.session_gpu_reading'].map(
  (table) => `
    delete from ${table} as t using core.session as s
    where s.org = t.org and s.session_key = t.session_key and s.last_seen_at < $1`,
);

/** Waiting shorter than the deadlock check lets retention give way; ingest and resolver never lose against it. */
const LOCK_TIMEOUT = '400ms';
const ATTEMPTS = 20;

/**
 * Drops what its retention has run out for. A floor moves in the transaction that drops what lies below it, so an
 * event is `too_late` exactly when its neighbours are gone. Tables go last: from the first that is dropped to the commit
 * its readers wait.
 */
export async function applyRetention({ session, asOf, log }: RetentionOptions): Promise<RetentionReport> {
  const dropped: Record<string, number> = {};
  const drop = async (table: string, before: Date) => {
    const { rows } = await session.query<{ count: number }>(
      'select naap.drop_storage_before($1::regclass, $2::timestamptz) as count',
      [table, before],
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0) dropped[table] = count;
  };
  await yielding(session, async () => {
    const floor = await instant(session, MOVE_FLOOR.raw, asOf);
    await session.query('delete from raw.ledger where event_at < $1', [floor]);
    for (const table of await tables(session, TABLES.raw)) await drop(table, floor);
  });
  await yielding(session, async () => {
    const floor = await instant(session, MOVE_FLOOR.rollup5m, asOf);
    for (const table of await tables(session, TABLES.rollup5m)) await drop(table, floor);
  });
  await yielding(session, async () => {
    const floor = await instant(session, MOVE_FLOOR.core, asOf);
    for (const statement of OLD_SESSIONS) await session.query(statement, [floor]);
    await session.query('delete from core.job_decision where job_at < $1', [floor]);
    await session.query('delete from core.session where last_seen_at < $1', [floor]);
    for (const table of await tables(session, TABLES.core)) await drop(table, floor);
  });
  await yielding(session, async () => drop('raw.set_aside', await instant(session, SET_ASIDE_BEFORE, asOf)));
  await inTransaction(session, async () => {
    const before = await instant(session, SCORES_5M_BEFORE, asOf);
    await session.query("delete from core.sla_score_current where width = '5m' and bucket_start < $1", [before]);
    await session.query("delete from core.sla_score where width = '5m' and bucket_start < $1", [before]);
    await session.query("delete from core.sla_input_current where width = '5m' and bucket_start < $1", [before]);
    await session.query("delete from core.sla_input where width = '5m' and bucket_start < $1", [before]);
  });
  log.info({ dropped }, 'retention applied');
  return { dropped };
}

function moveFloor(floor: string, days: string): string {
  return `
    update work.floor as f
    set ${floor} = greatest(f.${floor}, ${keptSince(days)})
    from config.policy as p
    returning f.${floor} as at`;
}

/** SQL of the first instant that is kept at $1 by a number of days of `config.policy as p`: the start of a UTC day. */
export function keptSince(days: string): string {
  return `date_trunc('day', $1::timestamptz, 'UTC') - make_interval(days => greatest(p.${days}, ${LEAST_RETENTION_DAYS}))`;
}

function tablesWhere(condition: string): string {
  return `select format('%I.%I', schema_name, table_name) as name from naap.big_table where ${condition} order by 1`;
}

async function tables(session: SqlSession, statement: string): Promise<readonly string[]> {
  return (await session.query<{ name: string }>(statement)).rows.map(({ name }) => name);
}

async function instant(session: SqlSession, statement: string, asOf: Date): Promise<Date> {
  const { rows } = await session.query<{ at: Date }>(statement, [asOf]);
  const [row] = rows;
  if (row === undefined) throw new Error('config.policy and work.floor have one row each, seen none');
  return row.at;
}

/** Runs a transaction that gives way to writers: a lock it cannot have soon makes it begin again. */
async function yielding(session: SqlSession, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await inTransaction(session, async () => {
        await session.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
        await work();
      });
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS || !isLockTimeout(error)) throw error;
    }
  }
}

function isLockTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '55P03';
}
