import { type Rollup, selectFrom } from '../rollup-definition.js';
import { inTransaction, type SqlSession } from '../sql-session.js';
import type { WarehouseEngine } from './engine.js';

/** Plain PostgreSQL: a rollup is a partitioned table that the refresh job rewrites range by range. */
export const postgresEngine: WarehouseEngine = {
  name: 'postgres',

  async createRollup(session, rollup) {
    const relation = `rollup.${rollup.name}`;
    await session.query(`create table ${relation} as ${rollup.select} with no data`);
    for (const { name } of rollup.columns) await session.query(`alter table ${relation} alter ${name} set not null`);
    await session.query(`select naap.make_big('${relation}', 'bucket_start', interval '${rollup.chunk}')`);
    await session.query(`alter table ${relation} add primary key (${rollup.key.join(', ')})`);
  },

  async dropRollup(session, rollup) {
    await session.query(`drop table rollup.${rollup.name}`);
    await session.query("delete from naap.big_table where schema_name = 'rollup' and table_name = $1", [rollup.name]);
  },

  async refreshRollup(session, rollup, ranges, settle) {
    for (const { fromAt, toAt } of ranges) {
      await session.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
        fromAt,
        new Date(toAt.getTime() - 1),
      ]);
    }
    await inTransaction(session, async () => {
      for (const { fromAt, toAt } of ranges) await rewrite(session, rollup, fromAt, toAt);
      await settle();
    });
  },

  async applyPolicies() {
    // Nothing to compress with.
  },
};

async function rewrite(session: SqlSession, rollup: Rollup, fromAt: Date, toAt: Date): Promise<void> {
  const columns = rollup.columns.map(({ name }) => name).join(', ');
  const source = `select * from ${rollup.source} where bucket_start >= $1 and bucket_start < $2`;
  await session.query(`delete from rollup.${rollup.name} where bucket_start >= $1 and bucket_start < $2`, [
    fromAt,
    toAt,
  ]);
  await session.query(`insert into rollup.${rollup.name} (${columns}) ${selectFrom(rollup, source)}`, [fromAt, toAt]);
}
