import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../../src/warehouse/frozen-migrations.js';
import { migrate } from '../../../src/warehouse/migrate.js';
import { onePassword } from '../../../src/warehouse/server-preparation.js';
import { createEmptyDatabase, type TestDatabase } from '../../support/postgres.js';
import { ROLE_PASSWORDS } from '../../support/test-database.js';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';
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
