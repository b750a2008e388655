import pg from 'pg';
import { roleUrls } from '../../src/cli/role-connections.js';
import type { EngineName } from '../../src/warehouse/engines/engine.js';
import { type MigrateReport, migrate } from '../../src/warehouse/migrate.js';
import { onePassword } from '../../src/warehouse/server-preparation.js';

/** Password of the four roles on every test server. */
export const ROLE_PASSWORD = 'naap-test-roles';
export const ROLE_PASSWORDS = onePassword(ROLE_PASSWORD);

/** Makes a database in UTC and C collation and answers its URL as the administrator. */
export async function createDatabase(adminUrl: string, name: string, template = 'template0'): Promise<string> {
  await onServer(adminUrl, async (client) => {
    await client.query(`create database ${name} template ${template} encoding 'UTF8' locale 'C'`);
    await client.query(`alter database ${name} set timezone = 'UTC'`);
  });
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await onServer(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
}

/**
 * Lets nobody connect to a database and ends who is: PostgreSQL copies no template in use, and TimescaleDB's
 * background workers are in every database that has the extension.
 */
export async function closeDatabase(adminUrl: string, name: string): Promise<void> {
  await onServer(adminUrl, async (client) => {
    await client.query(`alter database ${name} allow_connections false`);
    // waits: a signal alone would leave a worker there for another moment
    await client.query('select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1', [name]);
  });
}

/** Applies all migrations, as `naap migrate` does. */
export async function migrateDatabase(adminUrl: string, engine: EngineName | 'auto' = 'auto'): Promise<MigrateReport> {
  return migrate({
    adminUrl,
    ownerUrl: roleUrls(adminUrl, ROLE_PASSWORDS).owner,
    rolePasswords: ROLE_PASSWORDS,
    engine,
  });
}

async function onServer(adminUrl: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
