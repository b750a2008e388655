import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { WarehouseEngine } from './engines/engine.js';
import { type Rollup, rollupsOf } from './rollup-definition.js';
import { rollupViews } from './rollup-views.js';
import { readSqlFolder, sha256 } from './sql-files.js';
import { inTransaction, type SqlSession } from './sql-session.js';

/** All rollups of this release, those that others are stacked on first. */
export async function readReleaseRollups(): Promise<readonly Rollup[]> {
  return rollupsOf(await readSqlFolder('continuous-aggregates'));
}

/**
 * Creates the rollups that are new or defined otherwise now, and the views. A rebuilt rollup starts empty with all its
 * buckets marked, so its view is right at once and the refresh job fills it.
 */
export async function applyRollupsAndViews(
  session: SqlSession,
  engine: WarehouseEngine,
  log: Log,
): Promise<readonly string[]> {
  const rollups = await readReleaseRollups();
  const entityViews = await readSqlFolder('views');
  const views = [...rollups.map(rollupViews), ...entityViews.map(({ text }) => text)].join('\n');
  const viewsHash = sha256(views);
  const { rows: stored } = await session.query<{ name: string; hash: string }>(
    "select name, hash from naap.rollup union all select name, hash from naap.applied where name = 'views'",
  );
  const known = new Map(stored.map(({ name, hash }) => [name, hash]));
  const outdated = outdatedRollups(rollups, known);
  if (outdated.length === 0 && known.get('views') === viewsHash) return [];
  try {
    await inTransaction(session, async () => {
      await dropViews(session);
      for (const rollup of outdated.toReversed()) if (known.has(rollup.name)) await engine.dropRollup(session, rollup);
      for (const rollup of outdated) await buildRollup(session, engine, rollup);
      await session.query(views);
      await session.query(
        "insert into naap.applied values ('views', $1) on conflict (name) do update set hash = excluded.hash",
        [viewsHash],
      );
    });
  } catch (cause) {
    throw new AppError('MIGRATION_FAILED', `rollups and views failed: ${String(cause)}`, { cause });
  }
  const names = outdated.map(({ name }) => name);
  log.info({ rollups: names }, 'rollups and views applied');
  return [...names, 'views'];
}

async function buildRollup(session: SqlSession, engine: WarehouseEngine, rollup: Rollup): Promise<void> {
  const { name, root, bucket, hash } = rollup;
  await engine.createRollup(session, rollup);
  await session.query(
    `insert into naap.rollup (name, root, bucket, hash) values ($1, $2, $3::interval, $4)
     on conflict (name) do update set root = excluded.root, bucket = excluded.bucket, hash = excluded.hash`,
    [name, root, bucket, hash],
  );
  await session.query(
    `insert into work.bucket_mark (rollup, bucket_start)
     select distinct $1, public.time_bucket($2::interval, bucket_start) from ${root}`,
    [name, bucket],
  );
}

/** A rollup is rebuilt when its definition changed, or that of one it is stacked on. */
function outdatedRollups(rollups: readonly Rollup[], known: ReadonlyMap<string, string>): readonly Rollup[] {
  const outdated = new Set<string>();
  return rollups.filter((rollup) => {
    const isOutdated =
      known.get(rollup.name) !== rollup.hash || (rollup.parent !== null && outdated.has(rollup.parent));
    if (isOutdated) outdated.add(rollup.name);
    return isOutdated;
  });
}

/** All at once, so that they may stand on each other; a view that somebody else put on them stops the migration. */
async function dropViews(session: SqlSession): Promise<void> {
  const { rows } = await session.query<{ list: string | null }>(`
    select string_agg(format('%I.%I', schemaname, viewname), ', ') as list
    from pg_views
    where schemaname in ('api', 'core') or (schemaname = 'rollup' and viewname like '%\\_fresh')`);
  const list = rows[0]?.list;
  if (list) await session.query(`drop view ${list}`);
}
