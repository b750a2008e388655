import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grainOf } from '../../../src/domain/grain.js';
import type { WarehouseEngine } from '../../../src/warehouse/engines/engine.js';
import { readMigrations } from '../../../src/warehouse/frozen-migrations.js';
import { migrate } from '../../../src/warehouse/migrate.js';
import { onePassword } from '../../../src/warehouse/server-preparation.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { createEmptyDatabase, type TestDatabase } from '../../support/postgres.js';
import { ROLE_PASSWORDS } from '../../support/test-database.js';
import { enginesUnderTest, useWarehouse, type Warehouse } from './engines-under-test.js';
import { grainRows, insertRows } from './seed.js';

/** Everything a second run could change: relations, columns, functions, policies, grants. */
const CATALOGUE = `
  select format('%s %s.%s %s %s', c.relkind, n.nspname, c.relname, c.oid, c.relacl) as line
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname in ('naap', 'raw', 'work', 'fact', 'core', 'rollup', 'config', 'api', 'graphile_worker', 'storage')
  union all
  select format('function %s %s %s %s', p.oid, p.proname, md5(p.prosrc), p.proacl)
  from pg_proc as p where p.pronamespace in ('naap'::regnamespace, 'work'::regnamespace, 'public'::regnamespace)
  union all
  select format('policy %s %s', polrelid::regclass, polname) from pg_policy
  order by 1`;

test('the committed hashes are those of the files', async () => {
  const frozen = JSON.parse(await readFile(new URL('../../../sql/migrations/hashes.json', import.meta.url), 'utf8'));
  const files = await readMigrations();
  expect(Object.fromEntries(files.map(({ name, hash }) => [name, hash]))).toEqual(frozen);
});

describe.each(enginesUnderTest())('migrations on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  const urls = () => {
    const { database } = warehouse();
    return { adminUrl: database.url(), ownerUrl: database.url('owner'), rolePasswords: ROLE_PASSWORDS };
  };

  test('a second run changes nothing', async () => {
    const { owner } = warehouse();
    // a run makes storage for three days to come: enough of it here, whatever midnight has passed since the first one
    await owner.query("select naap.ensure_storage(now() - interval '1 day', now() + interval '6 days')");
    const before = await owner.query(CATALOGUE);
    expect(await migrate(urls())).toEqual({ engine: engineName, applied: [] });
    expect((await owner.query(CATALOGUE)).rows).toEqual(before.rows);
    expect(before.rows.length).toBeGreaterThan(100);
  });

  // Here and not with the other rights: a copied database has lost those that belong to the database itself.
  test('the reader may make no temporary table afterwards, the owner may', async () => {
    await migrate(urls());
    const { connect, owner } = warehouse();
    const reader = await connect('reader');
    await reader.query('set default_transaction_read_only = off');
    await expect(reader.query('create temporary table mine (a integer)')).rejects.toMatchObject({ code: '42501' });
    await owner.query('create temporary table mine (a integer)');
  });

  test('the owner alone can run them on a prepared database', async () => {
    await migrate(urls());
    expect(await migrate({ ...urls(), adminUrl: null })).toEqual({ engine: engineName, applied: [] });
  });

  test('several at once are as good as one', async () => {
    const reports = await Promise.all([1, 2, 3].map(() => migrate(urls())));
    expect(reports.map(({ applied }) => applied)).toEqual([[], [], []]);
  });

  test('a changed migration is an operator error', async () => {
    const { owner } = warehouse();
    await owner.query("update naap.migration set hash = 'other' where name = '0002_facts.sql'");
    await expect(migrate(urls())).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringContaining('0002_facts.sql'),
    });
    const { hash } = (await readMigrations()).find(({ name }) => name === '0002_facts.sql') ?? {};
    await owner.query("update naap.migration set hash = $1 where name = '0002_facts.sql'", [hash]);
  });

  test('another engine than the first is an operator error', async () => {
    await migrate(urls()); // as above: what a copy has lost
    const other = engineName === 'postgres' ? 'timescaledb' : 'postgres';
    await expect(migrate({ ...urls(), adminUrl: null, engine: other })).rejects.toMatchObject({
      code: 'DATABASE_UNSUPPORTED',
    });
  });

  test('a rollup defined otherwise is built anew, with those on it, and is right at once', async () => {
    const { owner } = warehouse();
    await owner.query("select naap.ensure_storage(array['2026-03-02 10:00Z'::timestamptz])");
    await insertRows(owner, 'core.grain', grainRows());
    await insertRows(owner, 'core.session_start', [
      {
        bucket_start: '2026-03-02T10:00:00Z',
        session_key: 'one',
        org: 'daydream',
        grain_id: 1001,
        gpu_identity_status: 'resolved',
        selection_outcome: 'selected',
        attribution_outcome: 'resolved',
        known_count: 1,
      },
    ]);
    await owner.query("update naap.rollup set hash = 'older' where name = 'demand_1h'");
    expect((await migrate(urls())).applied).toEqual(['demand_1h', 'demand_1d', 'views']);
    const { rows } = await owner.query('select bucket_start, known_count from api.demand_1d');
    expect(rows).toEqual([{ bucket_start: new Date('2026-03-02T00:00:00Z'), known_count: '1' }]);
  });
});

const SUCCESS = { is_requested: true, startup_outcome: 'success', excusal: null, selection_outcome: 'selected' };

/** The session's identity in the test below, without orchestrator and GPU. */
const NOBODY = grainOf({
  ...{ org: 'daydream', gateway: 'gateway-2', orchestratorAddress: '', pipeline: 'live-video-to-video' },
  ...{ model: 'model-2', gpuId: '', region: '', isSynthetic: false },
});

describe.each(enginesUnderTest())('swaps stored before they had a grain, on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);

  test('are carried over with the segment they blame, and their rollups are right at once', async () => {
    const { owner, engine, rollups, database } = warehouse();
    await asBeforeReasons(owner, engine, rollups);
    await insertRows(owner, 'core.grain', grainRows());
    const name = { org: 'daydream', session_key: 'one' };
    await insertRows(owner, 'core.session', [
      { ...name, session_id: 's_1', grain_id: 1002, started_at: '2026-03-02T10:00:00Z', ...SUCCESS },
    ]);
    await insertRows(
      owner,
      'core.segment',
      [0, 1].map((ordinal) => ({
        ...name,
        ordinal,
        started_at: `2026-03-02T10:0${ordinal * 4}:00Z`,
        orchestrator_address: `0x${ordinal}`,
        grain_id: 1001 + ordinal,
      })),
    );
    await insertRows(
      owner,
      'core.swap',
      // the last one's event came seconds after its change
      [
        { at: '10:02:00', from: '' },
        { at: '10:04:00', from: '0x0' },
        { at: '10:07:00', from: '' },
        { at: '10:10:09', from: '0x0' },
        // somebody who served no segment
        { at: '10:12:00', from: '0x9' },
      ].map(({ at, from }, ordinal) => ({
        ...name,
        ordinal,
        swapped_at: `2026-03-02T${at}Z`,
        from_address: from,
        reason_class: 'timeout',
        is_explicit: ordinal !== 1,
      })),
    );
    const urls = { adminUrl: database.url(), ownerUrl: database.url('owner'), rolePasswords: ROLE_PASSWORDS };
    expect((await migrate(urls)).applied).toEqual(
      expect.arrayContaining(['0013_reasons.sql', '0015_segment_start.sql', 'swap_5m', 'failure_1d', 'views']),
    );
    const { rows } = await owner.query(
      'select bucket_start, grain_id::text, is_explicit, swap_count::integer as n from rollup.swap_5m_fresh order by bucket_start, is_explicit, length(grain_id::text)',
    );
    const [ten, five, later] = ['10:00', '10:05', '10:10'].map((at) => new Date(`2026-03-02T${at}:00Z`));
    expect(rows).toEqual([
      { bucket_start: ten, grain_id: '1001', is_explicit: false, n: 1 },
      { bucket_start: ten, grain_id: '1001', is_explicit: true, n: 1 },
      { bucket_start: five, grain_id: '1002', is_explicit: true, n: 1 },
      { bucket_start: later, grain_id: '1001', is_explicit: true, n: 1 },
      { bucket_start: later, grain_id: NOBODY.grainId, is_explicit: true, n: 1 },
    ]);
  });
});

describe.each(enginesUnderTest())('jobs stored before they had a class of failure, on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);

  test('are marked unless they say success, so that they are resolved again', async () => {
    const { owner, database, rollups, engine } = warehouse();
    for (const rollup of rollups.toReversed().filter(({ name }) => name.startsWith('job_failure_'))) {
      await owner.query(`drop view rollup.${rollup.name}_fresh cascade`);
      await engine.dropRollup(owner, rollup);
      await owner.query('delete from naap.rollup where name = $1', [rollup.name]);
    }
    for (const column of ['failure_class', 'failure_reason']) {
      await owner.query(`alter table core.job drop column ${column} cascade`);
    }
    await owner.query("delete from naap.migration where name = '0014_job_failures.sql'");
    await owner.query("delete from naap.applied where name = 'views'");
    await owner.query("select naap.ensure_storage('2026-03-02T00:00:00Z', '2026-03-02T23:00:00Z')");
    const at = '2026-03-02T10:00:00Z';
    const job = (n: number, fields: object) => ({
      ...{ bucket_start: at, job_at: at, completed_at: at, org: 'daydream', job_key: `key-${n}`, job_id: `j_${n}` },
      ...{ grain_id: 1001, event_id: `e${n}`, request_id: `r${n}`, kind: 'ai_batch', outcome: 'selected' },
      ...fields,
    });
    await insertRows(owner, 'core.job', [
      job(1, { is_success: true }),
      job(2, { is_success: false }),
      job(3, { is_success: true, llm_error: 'boom' }),
      job(4, { is_success: null, kind: 'byoc' }),
    ]);
    await owner.query('delete from work.job_mark');
    const urls = { adminUrl: database.url(), ownerUrl: database.url('owner'), rolePasswords: ROLE_PASSWORDS };
    expect((await migrate(urls)).applied).toEqual(
      expect.arrayContaining(['0014_job_failures.sql', 'job_failure_5m', 'job_failure_1d', 'views']),
    );
    const { rows } = await owner.query('select org, kind, request_id, event_id from work.job_mark order by event_id');
    expect(rows).toEqual([
      { org: 'daydream', kind: 'ai_batch', request_id: 'r2', event_id: 'e2' },
      { org: 'daydream', kind: 'ai_batch', request_id: 'r3', event_id: 'e3' },
      { org: 'daydream', kind: 'byoc', request_id: '', event_id: 'e4' },
    ]);
  });
});

/** Takes a fresh database back to what it was before 0013_reasons.sql, by the text of the migrations before. */
async function asBeforeReasons(
  owner: SqlSession,
  engine: WarehouseEngine,
  rollups: Warehouse['rollups'],
): Promise<void> {
  for (const rollup of rollups.toReversed().filter(({ name }) => /^(swap|failure)_/.test(name))) {
    await owner.query(`drop view rollup.${rollup.name}_fresh cascade`);
    await engine.dropRollup(owner, rollup);
    await owner.query('delete from naap.rollup where name = $1', [rollup.name]);
  }
  const before = (await readMigrations()).find(({ name }) => name === '0003_core.sql')?.text ?? '';
  await owner.query('drop table core.swap cascade');
  await owner.query("delete from naap.big_table where schema_name = 'core' and table_name = 'swap'");
  await owner.query(/create table core\.swap \([^;]+;/.exec(before)?.[0] ?? '');
  await owner.query('drop view if exists api.session, api.session_event cascade');
  await owner.query('alter table fact.session_event drop column failure_reason');
  for (const column of ['failure_class', 'failure_reason']) {
    await owner.query(`alter table core.session_start drop column ${column} cascade`);
    await owner.query(`alter table core.session drop column ${column} cascade`);
  }
  await owner.query('alter table core.session drop column failure_event_id cascade');
  for (const column of ['started_rank', 'started_event_id']) {
    await owner.query(`alter table core.segment drop column ${column} cascade`);
  }
  await owner.query("delete from naap.migration where name in ('0013_reasons.sql', '0015_segment_start.sql')");
  await owner.query("delete from naap.applied where name = 'views'");
}

describe('a database that was not prepared', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database.drop());

  test('refuses roles that may not create schemas, and says what is wanted', async () => {
    await expect(migrate({ ownerUrl: database.url('reader'), rolePasswords: onePassword(null) })).rejects.toMatchObject(
      {
        code: 'DATABASE_PERMISSION_DENIED',
        message: expect.stringContaining('sql/roles.sql'),
      },
    );
  });

  test('refuses a language collation, which would order text otherwise', async () => {
    const admin = new pg.Client({ connectionString: database.url() });
    await admin.connect();
    const name = `${database.name}_icu`;
    await admin.query(
      `create database ${name} template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'en'`,
    );
    const url = new URL(database.url());
    url.pathname = `/${name}`;
    try {
      await expect(
        migrate({ adminUrl: url.href, ownerUrl: database.url('owner'), rolePasswords: onePassword(null) }),
      ).rejects.toMatchObject({ code: 'DATABASE_UNSUPPORTED' });
    } finally {
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    }
  });
});
