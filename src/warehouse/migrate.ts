import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { AppError } from '../errors.js';
import { createLog, type Log } from '../log.js';
import { detectEngine, type EngineName, engineNamed, type WarehouseEngine } from './engines/engine.js';
import { applyMigrations } from './frozen-migrations.js';
import { connectionConfig, createPool, sessionOf } from './pool.js';
import { applyRollupsAndViews } from './rollup-release.js';
import { checkOwner, checkServer, prepareServer, type RolePasswords, takePublicRights } from './server-preparation.js';
import { readSql } from './sql-files.js';
import { inTransaction, type SqlSession } from './sql-session.js';

export interface MigrateOptions {
  /** Connection that may create roles. Without it the roles, and on TimescaleDB the extension, must exist already. */
  readonly adminUrl?: string | null;
  /** Connection of naap_owner, to whom everything belongs. */
  readonly ownerUrl: string;
  readonly rolePasswords: RolePasswords;
  /** `auto` takes TimescaleDB where the server has it loaded. A database keeps the engine of its first migration. */
  readonly engine?: EngineName | 'auto';
  readonly log?: Log;
}

export interface MigrateReport {
  readonly engine: EngineName;
  /** Names of the migrations, rollups and views that this run applied; empty when nothing was to be done. */
  readonly applied: readonly string[];
}

/**
 * Brings a database to this release: roles, engine, frozen migrations, job queue, rollups, views, grants.
 *
 * Runs any number of times, also from several machines at once; fails with MIGRATION_CHANGED when a file that was
 * applied before has another text now.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const { adminUrl, ownerUrl, rolePasswords, engine = 'auto' } = options;
  const log = options.log ?? createLog({ level: 'silent', format: 'json' });
  if (adminUrl) {
    await withSession(adminUrl, async (session) => {
      await prepareServer(session, { rolePasswords, engine, log });
      await takePublicRights(session);
    });
  }
  const report = await withSession(ownerUrl, async (session) => {
    await session.query("select pg_advisory_lock(hashtextextended('naap.migrate', 0))");
    return migrateSession(session, { engine, log, installJobs: () => installJobs(ownerUrl, log) });
  });
  log.info({ engine: report.engine, applied: report.applied.length }, 'database is migrated');
  return report;
}

/** The part that the owner does, on any session: also on the TimescaleDB that runs inside a test process. */
export async function migrateSession(
  session: SqlSession,
  { engine, log, installJobs }: { engine: EngineName | 'auto'; log: Log; installJobs: (() => Promise<void>) | null },
): Promise<MigrateReport> {
  await session.query("set client_min_messages = warning; set timezone = 'UTC'");
  await checkServer(session);
  await checkOwner(session);
  const applied: string[] = [];
  await session.query(await readSql('naap.sql'));
  const chosen = await chooseEngine(session, engine, log);
  await session.query(await readSql(`engines/${chosen.name}.sql`));
  applied.push(...(await applyMigrations(session, log)));
  await installJobs?.();
  await session.query(await readSql('functions.sql'));
  applied.push(...(await applyRollupsAndViews(session, chosen, log)));
  await inTransaction(session, async () => session.query(await readSql('grants.sql')));
  await chosen.applyPolicies(session);
  await session.query("select naap.ensure_storage(now() - interval '1 day', now() + interval '3 days')");
  return { engine: chosen.name, applied };
}

async function chooseEngine(session: SqlSession, wanted: EngineName | 'auto', log: Log): Promise<WarehouseEngine> {
  const { rows } = await session.query<{ name: EngineName }>('select name from naap.engine');
  const stored = rows[0]?.name;
  if (stored !== undefined) {
    if (wanted !== 'auto' && wanted !== stored) {
      throw new AppError('DATABASE_UNSUPPORTED', `this database runs on engine ${stored}, wanted ${wanted}`);
    }
    return engineNamed(stored);
  }
  const name = wanted === 'auto' ? await detectEngine(session) : wanted;
  if (name === 'timescaledb') await session.query('create extension if not exists timescaledb with schema public');
  await session.query('insert into naap.engine (name) values ($1)', [name]);
  log.info({ engine: name }, 'warehouse engine chosen');
  return engineNamed(name);
}

async function installJobs(ownerUrl: string, log: Log): Promise<void> {
  const pgPool = createPool({ url: ownerUrl, name: 'naap migrate jobs', max: 2, log });
  try {
    await runMigrations({ pgPool });
  } finally {
    await pgPool.end();
  }
}

async function withSession<Result>(url: string, work: (session: SqlSession) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(connectionConfig(url, 'naap migrate'));
  client.on('error', () => undefined); // the query that was running reports it
  try {
    await client.connect();
  } catch (cause) {
    throw new AppError('DATABASE_UNAVAILABLE', `no connection to the database: ${String(cause)}`, { cause });
  }
  try {
    return await work(sessionOf(client));
  } finally {
    await client.end();
  }
}
