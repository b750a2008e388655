import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

describe('a test database', () => {
  let database: TestDatabase;
  let other: TestDatabase;

  beforeAll(async () => {
    [database, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  afterAll(() => Promise.all([database.drop(), other.drop()]));

  async function ask(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
    } finally {
      await client.end();
    }
  }

  test('sorts bytewise and lives in UTC', async () => {
    expect(await ask(database.url(), `select 'a' > 'B', current_setting('timezone')`)).toEqual([true, 'UTC']);
  });

  test('is PostgreSQL 15 or newer', async () => {
    const [version] = await ask(database.url(), `select current_setting('server_version_num')::int`);
    expect(version).toBeGreaterThanOrEqual(150_000);
  });

  test('is its own: what one file writes no other sees', async () => {
    await ask(database.url(), 'create table public.mine (id int)');
    expect(await ask(other.url(), `select to_regclass('public.mine')`)).toEqual([null]);
  });

  test('is gone once dropped, open connections or not', async () => {
    const dropped = await createTestDatabase();
    const client = new pg.Client({ connectionString: dropped.url() });
    const ended = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await dropped.drop();
    await ended;
    expect(
      await ask(database.url(), `select count(*)::int from pg_database where datname = '${dropped.name}'`),
    ).toEqual([0]);
  });
});
