import { inTransaction } from '../sql-session.js';
import type { WarehouseEngine } from './engine.js';

/**
 * Big tables that are compressed, and after how long: late events still write into plain chunks. The order starts with
 * what look-ups name, so that reading one session opens few batches.
 */
const COMPRESSED = [
  { table: 'raw.event', after: '7 days', orderBy: 'event_at, event_id' },
  { table: 'raw.set_aside', after: '1 day', orderBy: 'received_at' },
  { table: 'fact.session_event', after: '7 days', orderBy: 'session_key, event_at' },
] as const;

/** TimescaleDB: big tables are hypertables, a rollup is a continuous aggregate that only our refresh job refreshes. */
export const timescaledbEngine: WarehouseEngine = {
  name: 'timescaledb',

  async createRollup(session, rollup) {
    const relation = `rollup.${rollup.name}`;
    await session.query(`
      create materialized view ${relation}
      with (
        timescaledb.continuous,
        timescaledb.materialized_only = true,
        timescaledb.create_group_indexes = false,
        timescaledb.chunk_interval = '${rollup.chunk}'
      ) as ${rollup.select} with no data`);
    await session.query(`create index ${rollup.name}_by_key on ${relation} (${rollup.key.join(', ')})`);
    await session.query(
      `insert into naap.big_table values ('rollup', '${rollup.name}', 'bucket_start', interval '${rollup.chunk}')`,
    );
  },

  async dropRollup(session, rollup) {
    await session.query(`drop materialized view rollup.${rollup.name}`);
    await session.query("delete from naap.big_table where schema_name = 'rollup' and table_name = $1", [rollup.name]);
  },

  async refreshRollup(session, rollup, ranges, settle) {
    // Refuses a transaction, hence settles after: until then the marks keep readers on the live aggregate.
    for (const { fromAt, toAt } of ranges) {
      await session.query('call public.refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz)', [
        `rollup.${rollup.name}`,
        fromAt,
        toAt,
      ]);
    }
    await inTransaction(session, settle);
  },

  async applyPolicies(session) {
    for (const { table, after, orderBy } of COMPRESSED) {
      const { rows } = await session.query(
        `select from timescaledb_information.jobs
         where proc_name = 'policy_compression' and format('%I.%I', hypertable_schema, hypertable_name) = $1`,
        [table],
      );
      if (rows.length > 0) continue;
      await session.query(
        `alter table ${table} set (timescaledb.enable_columnstore = true, timescaledb.orderby = '${orderBy}')`,
      );
      await session.query(`call public.add_columnstore_policy('${table}', after => interval '${after}')`);
    }
  },
};
