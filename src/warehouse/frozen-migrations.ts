import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { readSqlFolder, type SqlFile } from './sql-files.js';
import { inTransaction, type SqlSession } from './sql-session.js';

/** Every migration in order; their hashes are frozen in sql/migrations/hashes.json. */
export function readMigrations(): Promise<readonly SqlFile[]> {
  return readSqlFolder('migrations');
}

/** Applies each migration once, in a transaction of its own; answers the names of those it applied. */
export async function applyMigrations(session: SqlSession, log: Log): Promise<readonly string[]> {
  const { rows } = await session.query<{ name: string; hash: string }>('select name, hash from naap.migration');
  const known = new Map(rows.map(({ name, hash }) => [name, hash]));
  const applied: string[] = [];
  for (const { name, text, hash } of await readMigrations()) {
    const before = known.get(name);
    if (before === hash) continue;
    if (before !== undefined) {
      throw new AppError(
        'MIGRATION_CHANGED',
        `migration ${name} was applied with another text: add a new file instead`,
      );
    }
    const startedAt = performance.now();
    try {
      await inTransaction(session, async () => {
        await session.query(text);
        await session.query('insert into naap.migration (name, hash) values ($1, $2)', [name, hash]);
      });
    } catch (cause) {
      throw new AppError('MIGRATION_FAILED', `migration ${name} failed: ${String(cause)}`, { cause });
    }
    log.info({ migration: name, ms: Math.round(performance.now() - startedAt) }, 'migration applied');
    applied.push(name);
  }
  return applied;
}
