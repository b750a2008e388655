import { beforeAll, describe, expect, test } from 'vitest';
import { maintenanceJob } from '../../../src/jobs/maintenance.js';
import { refreshRollupsJob } from '../../../src/jobs/refresh-rollups.js';
import { createLog } from '../../../src/log.js';
import { createPool, type Pool } from '../../../src/warehouse/pool.js';
import { REFRESH_LOCK } from '../../../src/warehouse/rollup-refresher.js';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';
import { grainRows, insertRows, seededRandom, startRows } from './seed.js';

const AS_OF = new Date('2026-03-04T12:00:00Z');
const log = createLog({ level: 'silent', format: 'json' });

describe.each(enginesUnderTest())('jobs on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  let pool: Pool;
  beforeAll(async () => {
    const { database, owner } = warehouse();
    // as small as the worker's own
    pool = createPool({ url: database.url('owner'), name: 'naap test owner', max: 2, log });
    await insertRows(owner, 'core.grain', grainRows());
    return () => pool.end();
  });
  const context = () => {
    return { pool, ownerPool: pool, log, asOf: AS_OF, clock: () => AS_OF, signal: new AbortController().signal };
  };

  test('a change in core is marked, asks for one refresh however often, and the refresh settles it', async () => {
    const { owner } = warehouse();
    const at = Date.parse('2026-03-02T10:00:00Z');
    await owner.query('select naap.ensure_storage(array[$1::timestamptz])', [new Date(at)]);
    const rows = startRows(seededRandom(1), ['a', 'b', 'c'], at, at + 1);
    await insertRows(owner, 'core.session_start', rows);
    for (let n = 0; n < 3; n += 1) {
      await owner.query("select work.mark_buckets('session_start', $1)", [rows.map((row) => row['bucket_start'])]);
    }
    expect(await jobs(pool, 'refresh-rollups')).toBe(1);
    await refreshRollupsJob.run({}, context());
    expect((await pool.query('select from work.bucket_mark')).rowCount).toBe(0);
    expect((await pool.query('select sum(known_count)::text as n from rollup.demand_1d')).rows).toEqual([{ n: '3' }]);
  });

  test('a refresh that is not alone does nothing and asks again', async () => {
    const { connect } = warehouse();
    const other = await connect('owner');
    await other.query(`select pg_advisory_lock(${REFRESH_LOCK})`);
    await pool.query("select graphile_worker.remove_job('refresh-rollups')");
    await pool.query("select work.mark_buckets('session_start', array['2026-03-02 10:00Z'::timestamptz])");
    await pool.query("select graphile_worker.remove_job('refresh-rollups')");
    await refreshRollupsJob.run({}, context());
    expect((await pool.query('select from work.bucket_mark')).rowCount).toBeGreaterThan(0);
    expect(await jobs(pool, 'refresh-rollups')).toBe(1);
    await other.query(`select pg_advisory_unlock(${REFRESH_LOCK})`);
    await refreshRollupsJob.run({}, context());
    // days keep their pace: one was refreshed by the test before
    const { rows } = await pool.query('select distinct rollup from work.bucket_mark order by rollup');
    expect(rows).toEqual([{ rollup: 'demand_1d' }, { rollup: 'failure_1d' }]);
  });

  test('a waiting refresh does not make writers wait for each other', async () => {
    const { connect } = warehouse();
    const [one, two] = await Promise.all([connect('worker'), connect('worker')]);
    await one.query("select work.request_job('refresh-rollups', interval '1 minute')");
    await one.query('begin');
    await one.query("select work.request_job('refresh-rollups', interval '1 minute')");
    await two.query("set lock_timeout = '10s'");
    await two.query("select work.request_job('refresh-rollups', interval '1 minute')");
    await one.query('commit');
  });

  test('maintenance makes storage ahead, and what it may not do alone it asks for again', async () => {
    const { connect, owner } = warehouse();
    const ahead = new Date('2027-01-01T00:00:00Z');
    const inThreeDays = new Date('2027-01-04T00:00:00Z');
    await maintenanceJob.run({}, { ...context(), asOf: ahead });
    expect(
      (await owner.query('select naap.ensure_storage(array[$1::timestamptz]) as made', [inThreeDays])).rows,
    ).toEqual([{ made: 0 }]);
    const other = await connect('owner');
    await other.query(`select pg_advisory_lock(${REFRESH_LOCK})`);
    await maintenanceJob.run({}, { ...context(), asOf: ahead });
    expect(await jobs(pool, 'maintenance')).toBe(1);
    await other.query(`select pg_advisory_unlock(${REFRESH_LOCK})`);
  });
});

async function jobs(pool: Pool, name: string): Promise<number> {
  return (await pool.query('select from graphile_worker.jobs where task_identifier = $1', [name])).rowCount ?? 0;
}
