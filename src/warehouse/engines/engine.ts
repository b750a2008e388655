import { AppError } from '../../errors.js';
import type { Rollup } from '../rollup-definition.js';
import type { SqlSession } from '../sql-session.js';
import { postgresEngine } from './postgres.js';
import { timescaledbEngine } from './timescaledb.js';

/** Buckets `[fromAt, toAt)` of a rollup, whole ones. */
export interface BucketRange {
  readonly fromAt: Date;
  readonly toAt: Date;
}

/**
 * What differs between TimescaleDB and plain PostgreSQL; nothing else may ask which one is running.
 *
 * What one SQL statement can hide is hidden there: `naap.make_big`, `naap.ensure_storage`, `naap.drop_storage_before`
 * and `time_bucket` exist on both (`sql/engines/<name>.sql`).
 */
export interface WarehouseEngine {
  readonly name: EngineName;
  /** Creates the rollup's empty relation `rollup.<name>`, inside the migration's transaction. */
  createRollup(session: SqlSession, rollup: Rollup): Promise<void>;
  dropRollup(session: SqlSession, rollup: Rollup): Promise<void>;
  /**
   * Rewrites the ranges from the rollup's source, then runs `settle` (which deletes marks) in one transaction: the
   * same one where rewriting allows it, else one that follows. Marks hide the stored rows until they are deleted, so
   * a reader sees right numbers before, between and after.
   */
  refreshRollup(
    session: SqlSession,
    rollup: Rollup,
    ranges: readonly BucketRange[],
    settle: () => Promise<void>,
  ): Promise<void>;
  /** Compression and the like; safe to run again. */
  applyPolicies(session: SqlSession): Promise<void>;
}

export type EngineName = 'timescaledb' | 'postgres';

const ENGINES: Readonly<Record<EngineName, WarehouseEngine>> = {
  timescaledb: timescaledbEngine,
  postgres: postgresEngine,
};

export function engineNamed(name: EngineName): WarehouseEngine {
  return ENGINES[name];
}

/** `timescaledb` when the server has the extension loaded, or can load it; else `postgres`. */
export async function detectEngine(session: SqlSession): Promise<EngineName> {
  // Available files are not enough: without the library preloaded, creating the extension ends the connection.
  const { rows } = await session.query<{ is_usable: boolean }>(`
    select exists (select from pg_extension where extname = 'timescaledb')
      or (
        exists (select from pg_available_extensions where name = 'timescaledb')
        and current_setting('timescaledb.telemetry_level', true) is not null
      ) as is_usable`);
  return rows[0]?.is_usable === true ? 'timescaledb' : 'postgres';
}

/** The engine of a migrated database. */
export async function readEngine(session: SqlSession): Promise<WarehouseEngine> {
  const { rows } = await session.query<{ name: EngineName }>('select name from naap.engine');
  const [row] = rows;
  if (row === undefined)
    throw new AppError('DATABASE_NOT_MIGRATED', 'the database has no warehouse engine: run naap migrate');
  return engineNamed(row.name);
}
