import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';

describe.each(enginesUnderTest())('roles on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  let reader: pg.Client;
  let ingest: pg.Client;
  let worker: pg.Client;
  beforeAll(async () => {
    const { connect } = warehouse();
    [reader, ingest, worker] = await Promise.all([connect('reader'), connect('ingest'), connect('worker')]);
  });

  test('the reader reads every view of api and all of config but the hosts of gateways', async () => {
    const { rows } = await warehouse().owner.query<{ name: string }>(
      "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema in ('api', 'config')",
    );
    expect(rows.length).toBeGreaterThan(20);
    for (const { name } of rows) {
      await reader.query(`select ${name === 'config.gateway' ? 'display_name, region' : '*'} from ${name} limit 1`);
    }
  });

  test.each([
    'select gateway from config.gateway',
    "select display_name from config.gateway where gateway like '10.%'",
    'select * from config.gateway',
    'select * from core.session',
    'select * from rollup.demand_1h',
    'select * from rollup.demand_1h_fresh',
    'select * from raw.event',
    'select * from fact.session_event',
    'select * from work.floor',
    'select * from naap.migration',
    'select * from graphile_worker.jobs',
    "select work.request_job('resolve')",
    'select naap.ensure_storage(array[now()])',
    'select pg_advisory_lock(1)',
    'select pg_try_advisory_xact_lock_shared(1, 2)',
  ])('the reader cannot run %s', async (statement) => {
    await expect(reader.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('the reader cannot write, whatever it sets, and its statements end', async () => {
    await expect(reader.query("insert into config.topic values ('a', 'b')")).rejects.toMatchObject({ code: '25006' });
    await reader.query('set default_transaction_read_only = off');
    await expect(reader.query("insert into config.topic values ('a', 'b')")).rejects.toMatchObject({ code: '42501' });
    for (const statement of [
      'create table public.mine (a integer)',
      'select lo_create(0)',
      "select lo_from_bytea(0, 'mine')",
    ]) {
      await expect(reader.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    const { rows } = await reader.query("select current_setting('statement_timeout') as statement_timeout");
    expect(rows).toEqual([{ statement_timeout: '30s' }]);
  });

  test('statements of the reader are never compiled, which takes longer than they do', async () => {
    expect((await reader.query('show jit')).rows).toEqual([{ jit: 'off' }]);
  });

  test.each([
    'select * from raw.set_aside',
    'update raw.event set payload = payload',
    'delete from raw.ledger',
    'update work.floor set raw_floor = now()',
    'delete from work.session_mark',
    'update core.session set gateway = gateway',
    "insert into config.topic values ('a', 'b')",
  ])('ingest cannot run %s', async (statement) => {
    await expect(ingest.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    'select * from raw.set_aside',
    'delete from raw.event',
    'update work.floor set core_floor = now()',
    'delete from rollup.demand_1h',
    'insert into raw.ledger values (gen_random_uuid(), 1, now())',
    "insert into config.topic values ('a', 'b')",
  ])('the worker cannot run %s', async (statement) => {
    await expect(worker.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('ingest and worker ask for a job in their own transaction, and many requests are one job', async () => {
    await ingest.query('begin');
    await ingest.query('select work.request_resolve()');
    expect(await jobs(worker)).toEqual([]);
    await ingest.query('rollback');
    expect(await jobs(worker)).toEqual([]);
    await ingest.query('select work.request_resolve()');
    await worker.query('select work.request_resolve()');
    expect(await jobs(worker)).toEqual([{ task_identifier: 'resolve' }]);
    await expect(ingest.query("select work.request_job('rm -rf')")).rejects.toThrow('unknown job');
  });
});

async function jobs(client: pg.Client): Promise<readonly unknown[]> {
  return (await client.query('select task_identifier from graphile_worker.jobs')).rows;
}
