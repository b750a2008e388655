import pg from 'pg';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { detectEngine, type EngineName } from './engines/engine.js';
import { readSql } from './sql-files.js';
import type { SqlSession } from './sql-session.js';

const OLDEST_SERVER = 150_000;
/** The roles of a warehouse, least trusted last; in the database they are `naap_owner` and so on. */
export const ROLES = ['owner', 'ingest', 'worker', 'reader'] as const;
export type Role = (typeof ROLES)[number];
/** A password for each role; `null` leaves the one it has. */
export type RolePasswords = Readonly<Record<Role, string | null>>;

const ROLE_NAMES = ROLES.map((role) => `naap_${role}`);
const ROLE_ATTEMPTS = 5;

/** The same password for every role, or none for any. */
export function onePassword(password: string | null): RolePasswords {
  return { owner: password, ingest: password, worker: password, reader: password };
}

/** The part that needs rights over the server: roles, their passwords, the extension. */
export async function prepareServer(
  session: SqlSession,
  { rolePasswords, engine, log }: { rolePasswords: RolePasswords; engine: EngineName | 'auto'; log: Log },
): Promise<void> {
  await session.query('set client_min_messages = warning');
  await checkServer(session);
  const chosen = engine === 'auto' ? await storedOrDetectedEngine(session) : engine;
  if (chosen === 'timescaledb') await session.query('create extension if not exists timescaledb with schema public');
  const roles = await readSql('roles.sql');
  // Roles belong to the cluster: two databases migrated at once may touch the same row, and the later one fails.
  await withRetries(() => session.query(roles));
  for (const role of ROLES) {
    const password = rolePasswords[role];
    if (password === null) continue;
    await withRetries(() => session.query(`alter role naap_${role} password ${pg.escapeLiteral(password)}`));
  }
  log.info({ engine: chosen }, 'server is prepared: roles and extensions');
}

/** Takes from everybody what a public endpoint must not do; apart from the rest, since PGlite cannot. */
export async function takePublicRights(session: SqlSession): Promise<void> {
  const rights = await readSql('public-rights.sql');
  await withRetries(() => session.query(rights));
}

/** A server that gains the extension later does not change the databases that began without it. */
async function storedOrDetectedEngine(session: SqlSession): Promise<EngineName> {
  const { rows } = await session.query<{ is_migrated: boolean }>(
    "select to_regclass('naap.engine') is not null as is_migrated",
  );
  if (rows[0]?.is_migrated === true) {
    const stored = await session.query<{ name: EngineName }>('select name from naap.engine');
    if (stored.rows[0] !== undefined) return stored.rows[0].name;
  }
  return detectEngine(session);
}

/** Fails when the server or database is not one that gives the same answers as all others. */
export async function checkServer(session: SqlSession): Promise<void> {
  const { rows } = await session.query<{ version: number; encoding: string; is_bytewise: boolean }>(`
    select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding,
      'B' < 'a' and 'a-c' < 'ab' as is_bytewise`);
  const [server] = rows;
  if (server === undefined) throw new AppError('INVARIANT_BROKEN', 'the server did not say its version');
  if (server.version < OLDEST_SERVER) {
    throw new AppError('DATABASE_UNSUPPORTED', `the server is PostgreSQL ${server.version}, wanted 15 or newer`);
  }
  if (server.encoding !== 'UTF8' || !server.is_bytewise) {
    throw new AppError(
      'DATABASE_UNSUPPORTED',
      `the database has encoding ${server.encoding}${server.is_bytewise ? '' : ' and a language collation'}, wanted UTF8 and collation C (create database … encoding 'UTF8' locale 'C' template template0)`,
    );
  }
}

/** Fails unless the session is the owner's, on a prepared server. */
export async function checkOwner(session: SqlSession): Promise<void> {
  const { rows } = await session.query<{ name: string; may_create: boolean; missing: string | null }>(
    `select current_user::text as name, has_database_privilege(current_database(), 'create') as may_create,
       (select string_agg(r, ', ') from unnest($1::text[]) as r where to_regrole(r) is null) as missing`,
    [ROLE_NAMES],
  );
  const [owner] = rows;
  if (owner?.name === 'naap_owner' && owner.may_create && owner.missing === null) return;
  throw new AppError(
    'DATABASE_PERMISSION_DENIED',
    `migrating as ${owner?.name ?? 'nobody'}${owner?.missing ? `, roles missing: ${owner.missing}` : ''}: wanted naap_owner with the right to create schemas; have an administrator run sql/roles.sql, or set DATABASE_URL`,
  );
}

async function withRetries<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ROLE_ATTEMPTS || !/tuple concurrently updated|duplicate key/.test(String(error))) throw error;
    }
  }
}
